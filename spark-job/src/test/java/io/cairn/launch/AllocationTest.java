/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.settings.BatchSettings.MicroSize;
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
}
