/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.ValidationMetrics;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StopRuleTest {

  @ParameterizedTest
  @CsvSource({
    "loss, 0, 1.0, NaN, true",
    "loss, 0, 1.0, 1.0, false",
    "loss, 0, 0.9, 1.0, true",
    "loss, 0.2, 0.9, 1.0, false",
    "loss, 0, NaN, 1.0, false",
    "loss, 0, NaN, NaN, false",
    "accuracy, 0, 0.9, 0.8, true",
    "accuracy, 0, 0.8, 0.9, false",
    "auc-out, 0, 0.9, 0.8, true",
    "exactMatch, 0, 0.9, 0.8, true",
    "mae, 0, 0.9, 0.8, false",
    "logLoss-accuracy, 0, 0.9, 0.8, false",
  })
  void whatIsBetterDependsOnTheMetric(
      String metric, double minDelta, double value, double best, boolean improves) {
    assertThat(new StopRule(1, metric, 3, minDelta).improves(value, best)).isEqualTo(improves);
  }

  private static ValidationMetrics validation(long update, double loss) {
    return new ValidationMetrics(update, 1, 10, Map.of("loss", loss));
  }

  @Test
  void patienceIsCountedFromTheLastImprovement() {
    BestSoFar best = new BestSoFar(new StopRule(1, "loss", 2, 0));
    assertThat(best.update()).isEmpty();
    assertThat(best.take(validation(1, 3))).isTrue();
    assertThat(best.take(validation(2, 4))).isFalse();
    assertThat(best.take(validation(3, 2))).isTrue();
    assertThat(best.take(validation(4, 2))).isFalse();
    assertThat(best.stop()).isEmpty();
    assertThat(best.take(validation(5, Double.NaN))).isFalse();
    assertThat(best.stop())
        .contains(
            "early stopping: loss has not improved in 2 validations; the best, 2.0, was after update 3");
    assertThat(best.update()).hasValue(3);
  }

  @Test
  void whereNoValidationHasANumberTheSentenceNamesNoBest() {
    BestSoFar best = new BestSoFar(new StopRule(1, "loss", 1, 0));
    assertThat(best.take(validation(1, Double.NaN))).isFalse();
    assertThat(best.stop())
        .contains(
            "early stopping: loss was not a number in any of 1 validations, so there is no best model");
    assertThat(best.update()).isEmpty();
  }
}
