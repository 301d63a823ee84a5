/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * The plans among which {@code batch.micro = auto} chooses. All have the same windows, cut into
 * larger and larger micro-batches, but into no fewer than a worker computes side by side.
 *
 * <p>For each power of two there is one candidate: the largest size up to that power which divides
 * the window exactly. So powers of two are used wherever they divide, which kernels like. Where a
 * window has many divisors, neighbouring sizes are not far apart.
 *
 * <p>Threading: stateless.
 */
public final class MicroCandidates {

  private MicroCandidates() {}

  /**
   * The candidates, from micro-batches of one example to those of a whole window, ascending; not
   * beyond the first that holds all examples of every rank, since larger ones would be the same.
   *
   * @param plan any split of the windows
   * @param examples of all ranks together
   * @param threads micro-batches that a worker computes side by side, at least 1
   */
  public static List<BatchPlan> of(BatchPlan plan, long examples, int threads) {
    int largest = Math.max(1, plan.window() / threads);
    long largestShard =
        new ShardRange(plan.workers() - 1, plan.workers(), Math.max(1, examples)).size();
    List<BatchPlan> candidates = new ArrayList<>();
    candidates.add(plan.cut(1));
    for (long most = 2; ; most *= 2) {
      BatchPlan last = candidates.get(candidates.size() - 1);
      if (most / 2 >= largest || last.micro() >= largestShard) {
        return candidates;
      }
      BatchPlan next = plan.cut((int) Math.min(most, largest));
      if (next.micro() > last.micro()) {
        candidates.add(next);
      }
    }
  }
}
