/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What connects one rank with those it exchanges messages with, its partners: a non-blocking pair
 * of byte streams, one each way, with each of them. Bytes arrive in order and whole or not at all;
 * who they come from has been established before.
 *
 * <p>Whoever made it hands it to one {@link GroupAllReduce}, which closes it.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>An {@link IOException} means that this partner can no longer be reached that way; a {@link
 * DamagedStreamException} that what arrived from it does not verify.
 */
public interface Link extends AutoCloseable {

  /** What {@link #receive} returns when the partner has closed. */
  int ENDED = -1;

  /** What {@link #await} waits for, of one partner. */
  enum Interest {
    NONE,
    /** Bytes from it. */
    RECEIVE,
    /** Room for bytes to it. */
    SEND,
    /** Either. */
    RECEIVE_AND_SEND
  }

  /** This rank. */
  Peer self();

  /**
   * Those at the other ends, at least the ones that {@link AlgorithmChoice#partners} names. The
   * other methods name a partner by its place in this list.
   */
  List<Peer> partners();

  /**
   * Takes what has arrived.
   *
   * @param into direct; borrowed until return
   * @return bytes taken, 0 if there are none now, {@link #ENDED} if there will be none
   */
  int receive(int partner, ByteBuffer into) throws IOException;

  /**
   * Gives bytes, in order, as many as are taken now. What was not taken is offered again before
   * anything else is.
   *
   * @param from direct; borrowed until return
   * @return bytes given, may be 0
   */
  long send(int partner, ByteBuffer... from) throws IOException;

  /**
   * Blocks until something of {@code interests} may be possible, the thread is interrupted or the
   * time has passed. May return early. A stream that has ended wakes nobody.
   *
   * @param interests one for each partner; borrowed until return
   */
  void await(Interest[] interests, long timeoutNanos) throws IOException;

  /** Ends all streams; what has been given is still delivered. */
  @Override
  void close() throws IOException;
}
