/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A rank's place in the ring as a non-blocking pair of byte streams: from the left neighbour and to
 * the right one. Each has a way back, against the stream, that carries nothing but the news of a
 * failure. Bytes arrive in order and whole or not at all; who they come from has been established
 * before.
 *
 * <p>Whoever made it hands it to one {@link RingAllReduce}, which closes it.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>An {@link IOException} means that this neighbour can no longer be reached that way; a {@link
 * DamagedStreamException} that what arrived from it does not verify, a {@link
 * RejectedStreamException} that it says so of what was sent to it. Whatever it has said before
 * arrives first.
 */
public interface Link extends AutoCloseable {

  /** What {@link #receive} and {@link #receiveBack} return when the neighbour has closed. */
  int ENDED = -1;

  /** What {@link #await} waits for. */
  enum Interest {
    /** Bytes from the left, or news from the right. */
    RECEIVE,
    /** Room for bytes to the right, or news from the right. */
    SEND,
    /** Any of these. */
    RECEIVE_AND_SEND
  }

  /** This rank. */
  Peer self();

  /** The neighbour that sends to this rank. */
  Peer left();

  /** The neighbour that this rank sends to. */
  Peer right();

  /**
   * Takes what has arrived from the left.
   *
   * @param into direct; borrowed until return
   * @return bytes taken, 0 if there are none now, {@link #ENDED} if there will be none
   */
  int receive(ByteBuffer into) throws IOException;

  /**
   * Gives bytes to the right, in order, as many as it takes now. What it did not take is offered
   * again before anything else is.
   *
   * @param from direct; borrowed until return
   * @return bytes given, may be 0
   */
  long send(ByteBuffer[] from) throws IOException;

  /** Like {@link #receive}, from the right. */
  int receiveBack(ByteBuffer into) throws IOException;

  /** Like {@link #send}, to the left. */
  int sendBack(ByteBuffer from) throws IOException;

  /**
   * Blocks until something in {@code interest} may be possible, the thread is interrupted or the
   * time has passed. May return early. A direction that has ended wakes nobody.
   */
  void await(Interest interest, long timeoutNanos) throws IOException;

  /** Ends both streams; what has been given to the right is still delivered. */
  @Override
  void close() throws IOException;
}
