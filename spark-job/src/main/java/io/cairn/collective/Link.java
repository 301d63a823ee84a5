/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;

/**
 * Connects one rank with those it exchanges messages with. From each source and to each target
 * there is a stream of bytes, which never blocks. Each stream has a back-channel in the other
 * direction. The back-channel carries only heartbeats and, at the end, an abort, so it always has
 * room for those. Bytes arrive in order, and none is missing in between. The ranks at the other
 * ends have been identified before.
 *
 * <p>Whoever made the link hands it to one group, and the group closes it.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>An {@link IOException} means that the rank can no longer be reached on this stream. A {@link
 * DamagedStreamException} means that bytes arrived from it that do not verify. A {@link
 * RejectedStreamException} means that it says so of bytes that were sent to it. What a rank has
 * said before that can be read first.
 */
public interface Link extends AutoCloseable {

  /** What {@link #receive} and {@link #receiveBack} return when the other end has closed. */
  int ENDED = -1;

  /** This rank. */
  Peer self();

  /**
   * The ranks that send to this one, in the order of their positions in the group. The other
   * methods name one by its place in this list.
   */
  List<Peer> sources();

  /**
   * The ranks that this one sends to, in the order of their positions in the group. The other
   * methods name one by its place in this list.
   */
  List<Peer> targets();

  /**
   * Whether the stream from a source sees to it by itself that what arrives is what was given, all
   * of it and in that order, so that its messages need no checksums. Both ends know the same.
   */
  boolean isProtectedFrom(int source);

  /** The same of the stream to a target. */
  boolean isProtectedTo(int target);

  /**
   * Takes what has arrived from a source.
   *
   * @param into direct; borrowed until return
   * @return bytes taken, 0 if there are none now, {@link #ENDED} if there will be none
   */
  int receive(int source, ByteBuffer into) throws IOException;

  /**
   * Gives bytes to a target, in order, as many as it takes now. What it did not take is offered
   * again before anything else is.
   *
   * @param from direct; borrowed until return
   * @return bytes given, may be 0
   */
  long send(int target, ByteBuffer... from) throws IOException;

  /** Like {@link #receive}, from a target. */
  int receiveBack(int target, ByteBuffer into) throws IOException;

  /** Like {@link #send}, to a source. */
  int sendBack(int source, ByteBuffer from) throws IOException;

  /**
   * Blocks until there may be bytes from one of {@code sources}, room for bytes to one of {@code
   * targets}, or news from any target; until the thread is interrupted, or the time has passed. May
   * return early. A stream that has ended wakes nobody.
   *
   * @param sources places of sources; borrowed until return
   * @param targets places of targets; borrowed until return
   */
  void await(BitSet sources, BitSet targets, long timeoutNanos) throws IOException;

  /** Ends all streams; what has been given to targets is still delivered. */
  @Override
  void close() throws IOException;
}
