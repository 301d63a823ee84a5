/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Who brings which examples to which update of an epoch: a function of the plan and the number of
 * examples alone, the same on all ranks.
 *
 * <p>A rank goes through its shard (in the epoch's order) in windows of {@code micro x steps}
 * examples, one window an update. Every example is used exactly once an epoch. The last window of a
 * rank is short, or empty, where the examples do not divide; every rank takes part in every update
 * all the same.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param plan how a window is cut into micro-batches
 * @param examples of all ranks together, not negative
 */
public record EpochSchedule(BatchPlan plan, long examples) {

  public EpochSchedule {
    Objects.requireNonNull(plan, "plan");
    if (examples < 0 || examples > Long.MAX_VALUE / plan.workers()) {
      throw new IllegalArgumentException(examples + " examples for " + plan.workers() + " workers");
    }
  }

  /** Updates of the epoch: what the largest shard needs. */
  public long updates() {
    long largest = examples / plan.workers() + (examples % plan.workers() == 0 ? 0 : 1);
    return largest / plan.window() + (largest % plan.window() == 0 ? 0 : 1);
  }

  /** The examples that {@code rank} owns. */
  public ShardRange shard(int rank) {
    return new ShardRange(rank, plan.workers(), examples);
  }

  /**
   * Where the window begins, counted in the rank's own shard from 0; the shard's size where nothing
   * is left.
   */
  public long windowStart(int rank, long updateInEpoch) {
    requireUpdate(updateInEpoch);
    return Math.min(updateInEpoch * plan.window(), shard(rank).size());
  }

  /** How many examples {@code rank} brings to the update: a full window, fewer, or none. */
  public int windowExamples(int rank, long updateInEpoch) {
    long left = shard(rank).size() - windowStart(rank, updateInEpoch);
    return (int) Math.min(plan.window(), left);
  }

  /**
   * The sizes of the micro-batches of that window, in their order: full ones, then at most one
   * smaller; empty where the rank has no examples left. Never more than {@code steps}.
   */
  public List<Integer> microBatches(int rank, long updateInEpoch) {
    List<Integer> sizes = new ArrayList<>();
    for (int left = windowExamples(rank, updateInEpoch); left > 0; left -= plan.micro()) {
      sizes.add(Math.min(left, plan.micro()));
    }
    return List.copyOf(sizes);
  }

  /** All examples that enter the update, over all ranks: what the gradient sum is divided by. */
  public long updateExamples(long updateInEpoch) {
    long sum = 0;
    for (int rank = 0; rank < plan.workers(); rank++) {
      sum += windowExamples(rank, updateInEpoch);
    }
    return sum;
  }

  private void requireUpdate(long updateInEpoch) {
    if (updateInEpoch < 0 || updateInEpoch >= updates()) {
      throw new IllegalArgumentException(
          "update " + updateInEpoch + " of an epoch of " + updates() + " updates");
    }
  }
}
