/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.util.SortedSet;

/** The ways to sum over all ranks. */
public enum Algorithm {
  /** Every rank sends and receives about twice the buffer, however many there are. */
  RING,
  /** As few messages one after the other as there can be, each with the whole buffer. */
  DOUBLING;

  /** The ranks that {@code rank} exchanges messages with. */
  SortedSet<Integer> partners(int worldSize, int rank) {
    return switch (this) {
      case RING -> RingSchedule.partners(worldSize, rank);
      case DOUBLING -> DoublingSchedule.partners(worldSize, rank);
    };
  }

  /** What {@code rank} does; messages are no longer than {@code segmentBytes}. */
  Schedule schedule(int sizeBytes, int worldSize, int rank, int segmentBytes) {
    return switch (this) {
      case RING -> RingSchedule.of(sizeBytes, worldSize, rank, segmentBytes);
      case DOUBLING -> DoublingSchedule.of(sizeBytes, worldSize, rank, segmentBytes);
    };
  }
}
