/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

/**
 * A resolved batch plan: {@code workers x micro x steps = effective}, exactly.
 *
 * @param workers ranks, at least 1
 * @param micro examples of one forward and backward pass, at least 1
 * @param steps micro-batches each rank sums before an update, at least 1
 */
public record BatchPlan(int workers, int micro, int steps) {

  public BatchPlan {
    if (workers < 1 || micro < 1 || steps < 1) {
      throw new IllegalArgumentException(
          "workers, micro and steps must be at least 1, not "
              + workers
              + ", "
              + micro
              + ", "
              + steps);
    }
    Math.multiplyExact(Math.multiplyExact(workers, micro), steps);
  }

  /** All examples that enter one full update. */
  public int effective() {
    return workers * micro * steps;
  }

  /** Examples that one rank brings to a full update. */
  public int window() {
    return micro * steps;
  }

  /**
   * Updates of one epoch over {@code examples}, dealt to the ranks so that their shares differ by
   * at most one. The last update of an epoch is smaller when the examples do not divide.
   */
  public long updatesPerEpoch(long examples) {
    long largestShard = Math.floorDiv(examples + workers - 1, (long) workers);
    return Math.floorDiv(largestShard + window() - 1, (long) window());
  }
}
