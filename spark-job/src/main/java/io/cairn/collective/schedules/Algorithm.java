/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntFunction;

/** The algorithms that sum over all ranks. */
public enum Algorithm {
  /** Every rank sends and receives about twice the buffer, however many there are. */
  RING,
  /** As few messages one after the other as there can be, each with the whole buffer. */
  DOUBLING;

  private static final int SMALLEST_SEGMENT_BYTES = 8;

  /** The positions that {@code position} receives messages from. */
  SortedSet<Integer> sources(int worldSize, int position) {
    Schedule view = schedule(0, worldSize, position, SMALLEST_SEGMENT_BYTES);
    return positions(view.receives(), view::received);
  }

  /** The positions that {@code position} sends messages to. */
  SortedSet<Integer> targets(int worldSize, int position) {
    Schedule view = schedule(0, worldSize, position, SMALLEST_SEGMENT_BYTES);
    return positions(view.sends(), view::sent);
  }

  private static SortedSet<Integer> positions(int messages, IntFunction<Transfer> transfers) {
    SortedSet<Integer> positions = new TreeSet<>();
    for (int message = 0; message < messages; message++) {
      positions.add(transfers.apply(message).partner());
    }
    return positions;
  }

  /** What the rank at {@code position} does; messages are no longer than {@code segmentBytes}. */
  public Schedule schedule(int sizeBytes, int worldSize, int position, int segmentBytes) {
    return switch (this) {
      case RING -> RingSchedule.of(sizeBytes, worldSize, position, segmentBytes);
      case DOUBLING -> DoublingSchedule.of(sizeBytes, worldSize, position, segmentBytes);
    };
  }
}
