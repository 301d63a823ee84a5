/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RestOfEpochTest {

  @Property(tries = 500)
  void everyUpdateButTheLastIsFullAndNothingIsLeftOrTakenTwice(
      @ForAll @Size(min = 1, max = 6) List<@LongRange(max = 200) Long> left,
      @ForAll @IntRange(min = 1, max = 9) int micro,
      @ForAll @IntRange(min = 1, max = 5) int steps,
      @ForAll @IntRange(max = 20) int first) {
    RestOfEpoch rest = new RestOfEpoch(new BatchPlan(left.size(), micro, steps), first, left);
    for (int rank = 0; rank < left.size(); rank++) {
      long next = 0;
      for (long update = first; update < rest.updates(); update++) {
        assertThat(rest.windowStart(rank, update)).isEqualTo(next);
        next += rest.windowExamples(rank, update);
        assertThat(rest.microBatches(rank, update).stream().mapToInt(size -> size).sum())
            .isEqualTo(rest.windowExamples(rank, update));
      }
      assertThat(next).isEqualTo(left.get(rank));
    }
    for (long update = first; update < rest.updates() - 1; update++) {
      assertThat(rest.updateExamples(update)).isEqualTo(rest.plan().effective());
    }
  }

  @Property(tries = 500)
  void withAWholeEpochLeftItIsTheOrdinarySchedule(
      @ForAll @IntRange(max = 2000) int examples,
      @ForAll @IntRange(min = 1, max = 9) int workers,
      @ForAll @IntRange(min = 1, max = 20) int micro,
      @ForAll @IntRange(min = 1, max = 6) int steps) {
    BatchPlan plan = new BatchPlan(workers, micro, steps);
    EpochSchedule ordinary = new EpochSchedule(plan, examples);
    List<Long> shards =
        IntStream.range(0, workers).mapToObj(rank -> ordinary.shard(rank).size()).toList();
    RestOfEpoch rest = new RestOfEpoch(plan, 0, shards);
    assertThat(rest.updates()).isEqualTo(ordinary.updates());
    for (int rank = 0; rank < workers; rank++) {
      for (long update = 0; update < ordinary.updates(); update++) {
        assertThat(rest.windowStart(rank, update)).isEqualTo(ordinary.windowStart(rank, update));
        assertThat(rest.microBatches(rank, update)).isEqualTo(ordinary.microBatches(rank, update));
      }
    }
  }

  @Test
  void whereOneRankHasRunOutTheOthersBringMore() {
    RestOfEpoch rest = new RestOfEpoch(new BatchPlan(3, 2, 2), 5, List.of(9L, 4L, 12L));
    assertThat(rest.updates()).isEqualTo(8);
    assertThat(rest.windowExamples(0, 5)).isEqualTo(4);
    assertThat(rest.windowExamples(1, 6)).isZero();
    assertThat(rest.windowExamples(0, 6)).isEqualTo(5);
    assertThat(rest.microBatches(2, 6)).containsExactly(2, 2, 2, 1);
    assertThat(rest.updateExamples(7)).isEqualTo(1);
    assertThatThrownBy(() -> rest.windowStart(0, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("update 4 of an epoch of 8 updates, the first 5 of which are made");
  }
}
