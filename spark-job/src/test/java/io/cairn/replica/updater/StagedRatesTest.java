/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.settings.ScheduleSettings;
import io.cairn.settings.ScheduleSettings.By;
import io.cairn.settings.ScheduleSettings.Decay;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;

/** Highest rates that change with the epoch, and what ND4J's schedules can say of them. */
class StagedRatesTest {

  /** 0.1, from the third epoch on 0.2, from the sixth on 0.4. */
  private static RateSchedule staged(RateSchedule rate) {
    return rate.inStages(new TreeMap<>(Map.of(2, 0.2, 5, 0.4)));
  }

  private static RateSchedule linear(By by) {
    RateSchedule rate =
        RateSchedule.of(
            0.1,
            new ScheduleSettings(
                by,
                0,
                Decay.LINEAR,
                OptionalInt.of(10),
                OptionalDouble.of(0),
                OptionalDouble.empty(),
                OptionalInt.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty()));
    return staged(rate);
  }

  @Test
  void aRateIsThatOfItsEpochsStage() {
    RateSchedule rate = staged(RateSchedule.constant(0.1));
    double[] expected = {0.1, 0.1, 0.2, 0.2, 0.2, 0.4, 0.4, 0.4};
    for (int epoch = 0; epoch < expected.length; epoch++) {
      assertThat(rate.valueAt(1000, epoch)).isEqualTo(expected[epoch]);
    }
    assertThat(rate.isConstant()).isFalse();
    assertThat(rate.highest()).isEqualTo("0.1 (from epoch 3 on 0.2) (from epoch 6 on 0.4)");
    assertThat(rate.clone()).isEqualTo(rate).isNotEqualTo(RateSchedule.constant(0.1));
  }

  @Test
  void warmUpAndDecayAreSharesOfTheStagesRate() {
    assertThat(linear(By.UPDATES).valueAt(4, 3)).isEqualTo(0.2 * (1 - 4 / 10.0));
    assertThat(linear(By.EPOCHS).valueAt(4, 3)).isEqualTo(0.2 * (1 - 3 / 10.0));
  }

  @Test
  void nd4jSaysRatesThatGoByEpochsAlone() {
    for (RateSchedule rate :
        new RateSchedule[] {staged(RateSchedule.constant(0.1)), linear(By.EPOCHS)}) {
      assertThat(PlainSchedule.isExact(rate)).isTrue();
      ISchedule plain = PlainSchedule.of(rate, 0, 0);
      for (int epoch = 0; epoch < 20; epoch++) {
        assertThat(plain.valueAt(99, epoch)).isEqualTo(rate.valueAt(99, epoch));
      }
    }
  }

  @Test
  void ofRatesThatGoByUpdatesAndEpochsTheFileSaysTheOneReached() {
    RateSchedule rate = linear(By.UPDATES);
    assertThat(PlainSchedule.isExact(rate)).isFalse();
    assertThat(PlainSchedule.of(rate, 4, 3)).isEqualTo(new FixedSchedule(rate.valueAt(4, 3)));
  }
}
