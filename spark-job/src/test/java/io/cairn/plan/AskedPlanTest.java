/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.BatchResolution.Proposal;
import io.cairn.plan.BatchResolution.Refused;
import io.cairn.settings.BatchSettings;
import io.cairn.settings.BatchSettings.MicroSize;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What {@code batch.micro = auto} means before anything is tried. */
class AskedPlanTest {

  private static final OptionalInt ABSENT = OptionalInt.empty();

  private static BatchSettings auto(int workers, int steps, int effective) {
    return new BatchSettings(
        present(workers), ABSENT, MicroSize.PROBED, present(steps), present(effective));
  }

  private static OptionalInt present(int value) {
    return value == 0 ? ABSENT : OptionalInt.of(value);
  }

  private static Refused refused(BatchSettings given, OptionalInt clusterWorkers) {
    return (Refused) BatchArithmetic.solve(given, clusterWorkers);
  }

  @Test
  void workersAndEffectiveGiveTheWindowsAndNoMore() {
    AskedPlan asked = AskedPlan.resolve(auto(0, 0, 512), OptionalInt.of(2));
    assertThat(asked.plan().first()).isEqualTo(new BatchPlan(2, 1, 256));
    assertThat(asked.numbers()).isEqualTo(Map.of("workers", 2L, "effective", 512L));
    assertThat(asked).hasToString("workers 2 x micro auto x steps = effective 512");
    assertThat(asked.micro()).isEqualTo("auto");
  }

  @Test
  void anEffectiveBatchThatWorkersCannotShareIsRefusedWithWhatTheyCould() {
    Refused refused = refused(auto(3, 0, 512), ABSENT);
    assertThat(refused.problem())
        .hasToString(
            "batch.effective = 512: is not a multiple of workers 3, so that they cannot share it"
                + " alike; try effective 510, or effective 513, or workers 2, or workers 4");
    assertThat(refused.proposals())
        .extracting(Proposal::plan)
        .containsExactly(
            new BatchPlan(3, 1, 170),
            new BatchPlan(3, 1, 171),
            new BatchPlan(2, 1, 256),
            new BatchPlan(4, 1, 128));
    assertThat(refused(auto(0, 0, 512), OptionalInt.of(3)).proposals())
        .extracting(proposal -> proposal.plan().workers())
        .containsOnly(3);
  }

  @Test
  void stepsAreNotForTheOperatorToSay() {
    for (int effective : new int[] {0, 512}) {
      assertThat(refused(auto(2, 8, effective), ABSENT).problem())
          .hasToString(
              "batch.steps = 8: contradicts batch.micro = auto, by which the steps follow from the"
                  + " micro-batch that fits; give batch.effective in place of batch.steps, or"
                  + " batch.micro a number");
    }
  }

  @Test
  void memoryDoesNotDecideTheEffectiveBatch() {
    assertThat(refused(auto(2, 0, 0), ABSENT).problem())
        .hasToString(
            "batch: batch.micro = auto chooses how workers and effective are split, and"
                + " batch.effective is not given; such as batch.workers = 2 and batch.effective ="
                + " 512");
    assertThat(refused(auto(0, 0, 0), ABSENT).problem().message())
        .endsWith("and batch.workers and batch.effective is not given");
  }

  @Test
  void fewerWorkersTakeSmallerMicroBatchesWhereNobodyAskedForTheirSize() {
    AskedPlan found = new AskedPlan(new BatchPlan(4, 120, 1), MicroSize.GIVEN);
    assertThat(found.rescaled(3, MicroSize.GIVEN)).isEmpty();
    assertThat(found.rescaled(3, MicroSize.PROBED).orElseThrow().plan().first())
        .isEqualTo(new BatchPlan(3, 80, 2));
    assertThat(found.rescaled(2, MicroSize.PROBED).orElseThrow().plan().first())
        .isEqualTo(new BatchPlan(2, 120, 2));
    AskedPlan open = new AskedPlan(new BatchPlan(4, 1, 120), MicroSize.PROBED);
    assertThat(open.rescaled(3, MicroSize.PROBED))
        .contains(new AskedPlan(new BatchPlan(3, 1, 160), MicroSize.PROBED));
    assertThat(open.rescaled(7, MicroSize.PROBED)).isEmpty();
  }
}
