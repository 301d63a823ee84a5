/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.BatchStage;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllocationTest {

  private static final AskedPlan WANTED = new AskedPlan(new BatchPlan(4, 120, 1), MicroSize.GIVEN);

  @Test
  void allThatAreWantedAreReadyHoweverManyMoreThereAre() {
    assertThat(Allocation.of(WANTED, MicroSize.GIVEN, 4, "9 s"))
        .isEqualTo(new Allocation.Ready(WANTED));
    assertThat(Allocation.of(WANTED, MicroSize.GIVEN, 6, "9 s"))
        .isEqualTo(new Allocation.Ready(WANTED));
  }

  @Test
  void fewerMakeTheSameEffectiveBatchInMoreSteps() {
    assertThat(Allocation.of(WANTED, MicroSize.GIVEN, 2, "9 s"))
        .isEqualTo(new Allocation.Ready(new AskedPlan(new BatchPlan(2, 120, 2), MicroSize.GIVEN)));
  }

  @Test
  void thoseWhoCannotMakeItAreTooFewAndHearHowManyCould() {
    assertThat(Allocation.of(WANTED, MicroSize.GIVEN, 3, "9 s"))
        .isEqualTo(
            new Allocation.TooFew(
                "3 of 4 executors are there after 9 s; an effective batch of 480 in micro-batches"
                    + " of 120 needs 1, 2, 4"));
    assertThat(Allocation.of(WANTED, MicroSize.GIVEN, 0, "9 s"))
        .isInstanceOf(Allocation.TooFew.class);
  }

  @Test
  void whereNobodyAskedForTheMicroBatchItGivesWay() {
    assertThat(Allocation.of(WANTED, MicroSize.PROBED, 3, "9 s"))
        .isEqualTo(new Allocation.Ready(new AskedPlan(new BatchPlan(3, 80, 2), MicroSize.GIVEN)));
    AskedPlan odd = new AskedPlan(new BatchPlan(4, 7, 5), MicroSize.GIVEN);
    assertThat(Allocation.of(odd, MicroSize.PROBED, 3, "9 s"))
        .isEqualTo(
            new Allocation.TooFew(
                "3 of 4 executors are there after 9 s; an effective batch of 140 needs 1, 2, 4"));
  }

  @Test
  void fewerMustMakeTheEffectiveBatchOfEachStageAhead() {
    StagedPlan stages = StagedPlan.of(new BatchPlan(3, 8, 2), List.of(new BatchStage(4, 3)));
    AskedPlan wanted = new AskedPlan(stages, MicroSize.GIVEN);
    assertThat(Allocation.of(wanted, MicroSize.GIVEN, 2, "9 s"))
        .isEqualTo(
            new Allocation.TooFew(
                "2 of 3 executors are there after 9 s; an effective batch of 48, then of 72 in"
                    + " micro-batches of 8 needs 1, 3"));
    Allocation alone = Allocation.of(wanted, MicroSize.GIVEN, 1, "9 s");
    assertThat(((Allocation.Ready) alone).plan().plan().plans())
        .containsExactly(new BatchPlan(1, 8, 6), new BatchPlan(1, 8, 9));
  }
}
