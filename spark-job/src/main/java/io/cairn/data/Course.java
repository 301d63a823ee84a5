/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.EpochSchedule;
import java.util.Objects;

/**
 * Which examples a rank visits, from where on, how far, and in which order.
 *
 * @param schedule the windows of an epoch
 * @param seed the run's seed, which the order of an epoch derives from
 * @param rank whose shard it is
 * @param start the place of the first update
 * @param updates how many updates from there; 0 for none
 */
public record Course(EpochSchedule schedule, long seed, int rank, Cursor start, long updates) {
  public Course {
    Objects.requireNonNull(schedule, "schedule");
    Objects.requireNonNull(start, "start");
    Objects.checkIndex(rank, schedule.plan().workers());
    if (updates < 0 || (updates > 0 && start.position() >= schedule.updates())) {
      throw new IllegalArgumentException(
          "%d updates from %s, where an epoch has %d"
              .formatted(updates, start, schedule.updates()));
    }
  }

  /**
   * The rest of this course under other micro-batches.
   *
   * @param from the place of the rest's first update
   * @param left updates from there to the end
   * @param plan one with the same workers and windows
   */
  Course rest(Cursor from, long left, BatchPlan plan) {
    if (plan.workers() != schedule.plan().workers() || plan.window() != schedule.plan().window()) {
      throw new IllegalArgumentException(
          plan + " has other windows than " + schedule.plan() + ", under which the course began");
    }
    return new Course(new EpochSchedule(plan, schedule.examples()), seed, rank, from, left);
  }

  /** What the rank brings to the update at {@code cursor}. */
  Window window(Cursor cursor) {
    return new Window(
        cursor, cursor.next(schedule.updates()), schedule.microBatches(rank, cursor.position()));
  }
}
