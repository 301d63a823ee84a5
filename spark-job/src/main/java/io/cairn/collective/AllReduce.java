/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.nio.ByteBuffer;

/**
 * A group of ranks that sum buffers together. Each rank calls {@link #sum} with its own buffer, and
 * each gets the same result.
 *
 * <p>A group lasts for one attempt. Whoever asked the rendezvous for it closes it. Closing does not
 * disturb ranks that are still finishing the last sum.
 *
 * <p>Threading: one thread at a time, for closing too. It does all the work itself.
 *
 * <p>A failure breaks the group for good. This call and all later ones throw the same {@link
 * CollectiveException}, the other ranks are told why, and the content of the buffer is undefined.
 * Nothing is repaired: the attempt has ended.
 */
public interface AllReduce extends AutoCloseable {

  /** This rank's number, from 0. */
  int rank();

  /** How many ranks there are. */
  int worldSize();

  /**
   * Replaces every number in {@code buffer} by the sum over all ranks. Every rank must call it with
   * the same {@code update} and an equal layout. Sums come out in a fixed order: the same bits on
   * every rank, and on every run with the same world size, layout and order of the ring, which is
   * that of the ranks unless ranks of different hosts interleave. Integers wrap around.
   *
   * <p>Sections that travel with less {@link Precision} than they have are an approximation of the
   * sum; what it lacks is kept, a part on each rank, and is part of the next sum of such sections
   * in the same bucket. Buffers of all these sums of a bucket must have the same shape.
   *
   * @param update names this sum in errors; several sums may belong to one update, and ranks tell
   *     them apart by counting them
   * @param buffer direct, in native byte order, exactly {@code layout.sizeBytes()} bytes from
   *     position to limit, both left as they were; borrowed until return
   * @param layout what the buffer holds
   * @return where the time went
   * @throws CollectiveException if any rank failed, was cancelled or did something else
   * @throws IllegalArgumentException if the buffer does not fit the layout; nothing has been sent.
   *     Or if its shape is not that of an earlier sum of its bucket with less precision, which
   *     breaks the group
   * @throws IllegalStateException after {@link #close()}
   */
  ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout);

  /**
   * Drops what rounding has left over in all sums so far, in every bucket: for sums whose result is
   * not used. Every rank must do so between the same two sums.
   */
  void clearErrorFeedback();

  @Override
  void close();
}
