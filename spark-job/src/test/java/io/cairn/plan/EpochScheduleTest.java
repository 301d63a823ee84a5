/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class EpochScheduleTest {

  @Property(tries = 500)
  void everyExampleIsUsedExactlyOnceAnEpoch(
      @ForAll @IntRange(max = 3000) int examples,
      @ForAll @IntRange(min = 1, max = 9) int workers,
      @ForAll @IntRange(min = 1, max = 40) int micro,
      @ForAll @IntRange(min = 1, max = 12) int steps) {
    BatchPlan plan = new BatchPlan(workers, micro, steps);
    EpochSchedule schedule = new EpochSchedule(plan, examples);
    BitSet used = new BitSet(examples);
    for (long update = 0; update < schedule.updates(); update++) {
      long inUpdate = 0;
      for (int rank = 0; rank < workers; rank++) {
        long position = schedule.shard(rank).start() + schedule.windowStart(rank, update);
        List<Integer> sizes = schedule.microBatches(rank, update);
        assertThat(sizes).hasSizeLessThanOrEqualTo(steps).allMatch(size -> size <= micro);
        for (int size : sizes) {
          for (int i = 0; i < size; i++, position++) {
            assertThat(position).isLessThan(schedule.shard(rank).end());
            assertThat(used.get((int) position)).as("example %d used twice", position).isFalse();
            used.set((int) position);
            inUpdate++;
          }
        }
      }
      assertThat(schedule.updateExamples(update)).isEqualTo(inUpdate).isPositive();
    }
    assertThat(used.cardinality()).isEqualTo(examples);
  }

  @Property(tries = 300)
  void onlyTheLastUpdateOfAnEpochIsSmaller(
      @ForAll @LongRange(min = 1, max = 1_000_000) long examples,
      @ForAll @IntRange(min = 1, max = 64) int workers,
      @ForAll @IntRange(min = 1, max = 128) int micro,
      @ForAll @IntRange(min = 1, max = 64) int steps) {
    BatchPlan plan = new BatchPlan(workers, micro, steps);
    EpochSchedule schedule = new EpochSchedule(plan, examples);
    assertThat(schedule.updates()).isEqualTo(plan.updatesPerEpoch(examples)).isPositive();
    if (schedule.updates() > 1) {
      assertThat(schedule.updateExamples(0)).isEqualTo(plan.effective());
      assertThat(schedule.updateExamples(schedule.updates() - 2)).isEqualTo(plan.effective());
    }
  }

  @Property(tries = 500)
  void shardsFollowEachOtherAndDifferByAtMostOne(
      @ForAll @LongRange(max = 1L << 50) long examples,
      @ForAll @IntRange(min = 1, max = 200) int workers) {
    long next = 0;
    for (int rank = 0; rank < workers; rank++) {
      ShardRange range = new ShardRange(rank, workers, examples);
      assertThat(range.start()).isEqualTo(next);
      assertThat(range.size()).isBetween(examples / workers, examples / workers + 1);
      next = range.end();
    }
    assertThat(next).isEqualTo(examples);
  }

  @Test
  void fewerExamplesThanWorkersLeaveSomeRanksEmptyButInStep() {
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(4, 8, 2), 3);
    assertThat(schedule.updates()).isEqualTo(1);
    assertThat(schedule.windowExamples(0, 0)).isZero();
    assertThat(schedule.microBatches(0, 0)).isEmpty();
    assertThat(schedule.microBatches(3, 0)).containsExactly(1);
  }

  @Test
  void noExamplesMakeNoUpdate() {
    assertThat(new EpochSchedule(new BatchPlan(2, 8, 2), 0).updates()).isZero();
  }

  @Test
  void anUpdateOutsideTheEpochIsRefused() {
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(2, 8, 2), 100);
    assertThatThrownBy(() -> schedule.windowExamples(0, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("update 4 of an epoch of 4 updates");
  }

  @Test
  void aRankOutsideTheWorldIsRefused() {
    assertThatThrownBy(() -> new ShardRange(2, 2, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rank 2 of 2 workers");
  }
}
