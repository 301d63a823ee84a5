/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * The plans among which {@code batch.micro = auto} chooses: the same windows, cut into ever larger
 * micro-batches. For each power of two it is the largest size up to it that fills the window
 * exactly, so that the powers themselves come first, which kernels like, and no two neighbours are
 * far apart where the window has many divisors.
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
   */
  public static List<BatchPlan> of(BatchPlan plan, long examples) {
    long largestShard =
        new ShardRange(plan.workers() - 1, plan.workers(), Math.max(1, examples)).size();
    List<BatchPlan> candidates = new ArrayList<>();
    candidates.add(plan.cut(1));
    for (long most = 2; ; most *= 2) {
      BatchPlan last = candidates.get(candidates.size() - 1);
      if (last.steps() == 1 || last.micro() >= largestShard) {
        return candidates;
      }
      BatchPlan next = plan.cut((int) Math.min(most, plan.window()));
      if (next.micro() > last.micro()) {
        candidates.add(next);
      }
    }
  }
}
