/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Who brings how many examples to which update of an epoch; the same on all ranks.
 *
 * <p>A rank goes through its examples (in the epoch's order) window after window, one window an
 * update. A window may be short, or empty; every rank takes part in every update all the same.
 *
 * <p>Threading: immutable, safe everywhere.
 */
public sealed interface EpochWindows permits EpochSchedule, RestOfEpoch {

  /** How a window is cut into micro-batches. */
  BatchPlan plan();

  /** Updates of the whole epoch. */
  long updates();

  /**
   * Where the window begins, counted in the rank's own examples from 0; their number where nothing
   * is left.
   *
   * @param updateInEpoch counted from the epoch's beginning, from 0
   */
  long windowStart(int rank, long updateInEpoch);

  /** How many examples {@code rank} brings to the update. */
  int windowExamples(int rank, long updateInEpoch);

  /**
   * The sizes of the micro-batches of that window, in their order: full ones, then at most one
   * smaller; empty where the rank has no examples left.
   */
  default List<Integer> microBatches(int rank, long updateInEpoch) {
    List<Integer> sizes = new ArrayList<>();
    for (int left = windowExamples(rank, updateInEpoch); left > 0; left -= plan().micro()) {
      sizes.add(Math.min(left, plan().micro()));
    }
    return List.copyOf(sizes);
  }

  /** All examples that enter the update, over all ranks: what the gradient sum is divided by. */
  default long updateExamples(long updateInEpoch) {
    long sum = 0;
    for (int rank = 0; rank < plan().workers(); rank++) {
      sum += windowExamples(rank, updateInEpoch);
    }
    return sum;
  }
}
