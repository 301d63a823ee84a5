/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.plan.Estimate.DataSize;
import io.cairn.plan.Estimate.ModelSize;
import io.cairn.plan.Estimate.PassSize;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class EstimateTest {

  private static final ModelSize MLP = new ModelSize(535_818, 2 * 535_818, 4);
  private static final PassSize PASS = PassSize.through(2, 10_000, 10, 26_000);
  private static final DataSize FASHION = new DataSize(60_000, 785, 4 * (784 + 10));

  @Test
  void theBenchmarksModelCostsWhatArithmeticSays() {
    Estimate estimate = new Estimate(new BatchPlan(2, 32, 8), MLP, FASHION, PASS, 1);
    assertThat(estimate.updatesPerEpoch()).isEqualTo(118);
    assertThat(estimate.largestShard()).isEqualTo(30_000);
    assertThat(estimate.parameterBytes()).isEqualTo(2_143_272);
    assertThat(estimate.updaterBytes()).isEqualTo(4_286_544);
    assertThat(estimate.trafficBytesPerUpdate()).isEqualTo(2_143_272);
    assertThat(estimate.microBatchBytes()).isEqualTo(101_632);
    assertThat(estimate.passBytes()).isEqualTo(6_000 + 32 * 2_000);
    assertThat(estimate.arrayBytes()).isEqualTo(5 * 2_143_272 + 3 * 101_632 + 70_000);
    assertThat(estimate.checkpointCopyBytes()).isEqualTo(3 * 2_143_272);
    assertThat(estimate.executorBytes(1L << 30))
        .isEqualTo((1L << 30) + estimate.arrayBytes() + Estimate.MACHINERY_BYTES);
    assertThat(estimate.shardFileBytes()).isEqualTo(23_550_000);
  }

  @Test
  void oneWorkerSendsNothing() {
    Estimate estimate = new Estimate(new BatchPlan(1, 32, 8), MLP, FASHION, PASS, 1);
    assertThat(estimate.trafficBytesPerUpdate()).isZero();
  }

  @Property(tries = 200)
  void memoryDoesNotDependOnStepsAndTrafficStaysBelowTwiceTheGradient(
      @ForAll @IntRange(min = 1, max = 64) int workers,
      @ForAll @IntRange(min = 1, max = 64) int steps) {
    Estimate estimate = new Estimate(new BatchPlan(workers, 32, steps), MLP, FASHION, PASS, 1);
    Estimate single = new Estimate(new BatchPlan(workers, 32, 1), MLP, FASHION, PASS, 1);
    assertThat(estimate.arrayBytes()).isEqualTo(single.arrayBytes());
    assertThat(estimate.trafficBytesPerUpdate()).isLessThan(2 * estimate.parameterBytes());
    assertThat(estimate.largestShard() - estimate.smallestShard()).isBetween(0L, 1L);
  }

  @Test
  void sizesThatCannotBeAreRefused() {
    assertThatThrownBy(() -> new ModelSize(1, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parameters 1, trained 1, updaterValues 1, bytesPerValue 0");
  }
}
