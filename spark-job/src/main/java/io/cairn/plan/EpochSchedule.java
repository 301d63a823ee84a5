/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.Objects;

/**
 * Which rank contributes which examples to which update of an epoch. It follows from the plan and
 * the number of examples alone. The number of workers must not change during the epoch; {@link
 * RestOfEpoch} is for that case.
 *
 * <p>A rank goes through its shard, in the epoch's order, in windows of {@code micro x steps}
 * examples: one window for each update. Every example is used exactly once an epoch. Where the
 * examples do not divide evenly, a rank's last window is short or empty.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param plan that of the epoch: how a window is cut into micro-batches
 * @param examples of all ranks together, not negative
 */
public record EpochSchedule(BatchPlan plan, long examples) implements EpochWindows {

  public EpochSchedule {
    Objects.requireNonNull(plan, "plan");
    if (examples < 0 || examples > Long.MAX_VALUE / plan.workers()) {
      throw new IllegalArgumentException(examples + " examples for " + plan.workers() + " workers");
    }
  }

  /**
   * Updates of the epoch: what the largest shard needs. As many as {@link #examples} need in
   * effective batches, whatever the number of workers.
   */
  @Override
  public long updates() {
    long largest = examples / plan.workers() + (examples % plan.workers() == 0 ? 0 : 1);
    return largest / plan.window() + (largest % plan.window() == 0 ? 0 : 1);
  }

  /** The examples that {@code rank} owns. */
  public ShardRange shard(int rank) {
    return new ShardRange(rank, plan.workers(), examples);
  }

  @Override
  public long windowStart(int rank, long updateInEpoch) {
    requireUpdate(updateInEpoch);
    return Math.min(updateInEpoch * plan.window(), shard(rank).size());
  }

  /** A full window, fewer, or none. */
  @Override
  public int windowExamples(int rank, long updateInEpoch) {
    long left = shard(rank).size() - windowStart(rank, updateInEpoch);
    return (int) Math.min(plan.window(), left);
  }

  private void requireUpdate(long updateInEpoch) {
    if (updateInEpoch < 0 || updateInEpoch >= updates()) {
      throw new IllegalArgumentException(
          "update " + updateInEpoch + " of an epoch of " + updates() + " updates");
    }
  }
}
