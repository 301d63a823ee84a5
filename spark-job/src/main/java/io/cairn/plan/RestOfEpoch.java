/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.List;
import java.util.Objects;

/**
 * Which rank contributes how many examples to each remaining update of an epoch, when the number of
 * ranks has changed during the epoch.
 *
 * <p>Every update but the epoch's last has exactly the effective batch. The ranks have about the
 * same number of examples left, but not exactly. While all have enough, each contributes its window
 * of {@code micro x steps}. When one has run out, the others contribute more, in more micro-batches
 * of the same size. If the shares differ by at most one example, the result is the same as {@link
 * EpochSchedule}.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param plan how a window is cut into micro-batches
 * @param first how many updates of the epoch have been made before
 * @param left how many examples each rank has left, by rank
 */
public record RestOfEpoch(BatchPlan plan, long first, List<Long> left) implements EpochWindows {

  public RestOfEpoch {
    Objects.requireNonNull(plan, "plan");
    left = List.copyOf(left);
    if (left.size() != plan.workers() || first < 0 || left.stream().anyMatch(own -> own < 0)) {
      throw new IllegalArgumentException(
          "after %d updates, %s has left %s".formatted(first, plan, left));
    }
  }

  /** The same with windows of the same size that are cut otherwise. */
  public RestOfEpoch under(BatchPlan newPlan) {
    return new RestOfEpoch(newPlan, first, left);
  }

  @Override
  public long updates() {
    return first + total() / plan.effective() + (total() % plan.effective() == 0 ? 0 : 1);
  }

  @Override
  public long windowStart(int rank, long updateInEpoch) {
    requireUpdate(updateInEpoch);
    return used(rank, updateInEpoch);
  }

  @Override
  public int windowExamples(int rank, long updateInEpoch) {
    requireUpdate(updateInEpoch);
    return (int) (used(rank, updateInEpoch + 1) - used(rank, updateInEpoch));
  }

  /**
   * How many of its examples {@code rank} has brought when {@code updates} of the epoch are made,
   * of which {@link #first} were made by others.
   *
   * <p>As many as all others, as far as it has them: examples are taken one at a time from every
   * rank in turn that has any left.
   */
  public long used(int rank, long updates) {
    Objects.checkIndex(rank, plan.workers());
    long since = updates - first;
    long toTake = since >= total() / plan.effective() + 1 ? total() : since * plan.effective();
    toTake = Math.min(toTake, total());
    long level = 0;
    List<Long> ascending = left.stream().sorted().toList();
    for (int i = 0; i < ascending.size(); i++) {
      long rise = ascending.get(i) - level;
      int ranks = ascending.size() - i;
      if (rise > toTake / ranks) {
        level += toTake / ranks;
        return level(rank, level, toTake % ranks);
      }
      toTake -= rise * ranks;
      level = ascending.get(i);
    }
    return level(rank, level, 0);
  }

  /** What a rank has brought in full turns, and one more if it is among the first in the next. */
  private long level(int rank, long level, long begun) {
    if (left.get(rank) <= level) {
      return left.get(rank);
    }
    long before = left.subList(0, rank).stream().filter(own -> own > level).count();
    return before < begun ? level + 1 : level;
  }

  private long total() {
    return left.stream().mapToLong(Long::longValue).sum();
  }

  private void requireUpdate(long updateInEpoch) {
    if (updateInEpoch < first || updateInEpoch >= updates()) {
      throw new IllegalArgumentException(
          "update %d of an epoch of %d updates, the first %d of which are made"
              .formatted(updateInEpoch, updates(), first));
    }
  }
}
