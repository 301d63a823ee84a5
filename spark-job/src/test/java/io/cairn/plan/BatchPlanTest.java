/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchPlanTest {

  @Property(tries = 500)
  void rescalingKeepsEffectiveAndMicroOrSaysThatItCannot(
      @ForAll @IntRange(min = 1, max = 16) int workers,
      @ForAll @IntRange(min = 1, max = 64) int micro,
      @ForAll @IntRange(min = 1, max = 16) int steps,
      @ForAll @IntRange(min = 1, max = 16) int newWorkers) {
    BatchPlan plan = new BatchPlan(workers, micro, steps);
    Optional<BatchPlan> rescaled = plan.rescaled(newWorkers);
    assertThat(rescaled.isPresent()).isEqualTo(workers * steps % newWorkers == 0);
    rescaled.ifPresent(
        other -> {
          assertThat(other.workers()).isEqualTo(newWorkers);
          assertThat(other.micro()).isEqualTo(micro);
          assertThat(other.effective()).isEqualTo(plan.effective());
        });
  }

  @Test
  void fewerWorkersTakeMoreSteps() {
    assertThat(new BatchPlan(4, 32, 2).rescaled(2)).contains(new BatchPlan(2, 32, 4));
    assertThat(new BatchPlan(4, 32, 2).rescaled(3)).isEmpty();
  }

  @Test
  void moreExamplesThanAnIntCountsAreRefused() {
    assertThatThrownBy(() -> new BatchPlan(1 << 11, 1 << 10, 1 << 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2048 x 1024 x 1024 examples in one update: more than 2147483647");
  }

  @Test
  void aPlanReadsLikeItsFormula() {
    assertThat(new BatchPlan(2, 32, 8))
        .hasToString("workers 2 x micro 32 x steps 8 = effective 512");
    assertThat(new BatchPlan(2, 32, 8).numbers())
        .containsEntry("workers", 2L)
        .containsEntry("effective", 512L);
  }
}
