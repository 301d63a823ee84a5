/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.settings.BatchSettings.MicroSize;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** How many micro-batches go side by side, and what is said of the cores. */
class ComputeThreadsTest {

  private static final OptionalInt AUTO = OptionalInt.empty();

  private static ComputeThreads threads(OptionalInt asked, int cores, int steps) {
    AskedPlan plan = new AskedPlan(new BatchPlan(2, 16, steps), MicroSize.GIVEN);
    return ComputeThreads.of(asked, cores, plan);
  }

  @Test
  void oneForEachCoreAndNoMoreThanMicroBatches() {
    assertThat(threads(AUTO, 4, 8).number()).isEqualTo(4);
    assertThat(threads(AUTO, 4, 3).number()).isEqualTo(3);
    assertThat(threads(OptionalInt.of(2), 4, 8).number()).isEqualTo(2);
    AskedPlan probed = new AskedPlan(new BatchPlan(2, 16, 1), MicroSize.PROBED);
    assertThat(ComputeThreads.of(AUTO, 4, probed).number()).isEqualTo(4);
  }

  @Test
  void coresThatAnUpdateHasNoMicroBatchForAreToldWhoeverAskedForThem() {
    assertThat(threads(AUTO, 8, 1).idleCores()).isEqualTo(7);
    assertThat(threads(OptionalInt.of(8), 8, 1))
        .hasToString(
            "compute.threads = 8: a worker computes one micro-batch at a time and leaves 7 of its 8 cores idle, because an update has no more micro-batches; a smaller batch.micro and more batch.steps make the same effective batch");
    assertThat(threads(OptionalInt.of(1), 8, 4).idleCores()).isZero();
    assertThat(threads(AUTO, 2, 4).idleCores()).isZero();
  }
}
