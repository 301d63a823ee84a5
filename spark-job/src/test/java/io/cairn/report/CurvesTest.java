/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cairn.telemetry.Pause;
import io.cairn.telemetry.UpdateMetrics;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurvesTest {

  private static UpdateMetrics update(long update, double loss) {
    return new UpdateMetrics(
        update, 1, 10, loss, 0.1, 2, 100, 1, 2, 3, 4, UpdateMetrics.Outcome.APPLIED);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1999, 2000, 2001, 4000, 4001, 54_321})
  void nothingIsLostByThinning(int updates) {
    Curves curves = new Curves();
    double[] losses = new Random(4).doubles(updates, -3, 5).toArray();
    losses[updates / 3] = 1000;
    for (int i = 0; i < updates; i++) {
      curves.step(update(i + 1, losses[i]));
    }
    assertThat(curves.stretches()).isBetween(Math.min(updates, 1000), Curves.MOST_STRETCHES);
    assertThat(curves.updates()).isEqualTo(updates);
    assertThat(curves.perStretch() > 1).isEqualTo(updates > Curves.MOST_STRETCHES);
    Curve loss = curves.curves().get("loss");
    int at = 0;
    for (int i = 0; i < curves.stretches(); i++) {
      int end = Math.toIntExact(curves.lastUpdates()[i]);
      double[] stretch = Arrays.copyOfRange(losses, at, end);
      assertThat(stretch).hasSizeLessThanOrEqualTo(Math.toIntExact(curves.perStretch()));
      assertThat(loss.smallest(i)).isEqualTo(Arrays.stream(stretch).min().orElseThrow());
      assertThat(loss.largest(i)).isEqualTo(Arrays.stream(stretch).max().orElseThrow());
      assertThat(loss.mean(i))
          .isCloseTo(Arrays.stream(stretch).average().orElseThrow(), within(1e-9));
      assertThat(curves.examplesSoFar()[i]).isEqualTo(10L * end);
      assertThat(curves.secondsSoFar()[i]).isCloseTo(0.1 * end, within(1e-6 * end));
      at = end;
    }
    assertThat(at).isEqualTo(updates);
  }

  @Test
  void whoHearsOfARunThatGoesOnCountsItsUpdatesBefore() {
    Curves curves = new Curves(Curves.Heard.SOME);
    curves.step(update(5001, 7));
    curves.step(update(5011, 7));
    assertThat(curves.updates()).isEqualTo(5011);
    assertThat(curves.examplesSoFar()).containsExactly(50_010, 50_110);
    assertThat(curves.secondsSoFar()[1]).isCloseTo(1.1, within(1e-9));
  }

  @Test
  void aPauseIsThatOfOneUpdateHoweverManyItStandsFor() {
    UpdateMetrics step = update(11, 7);
    UpdateMetrics paused =
        new UpdateMetrics(
            step.update(),
            step.epoch(),
            step.examples(),
            step.loss(),
            step.learningRate(),
            step.learningRates(),
            step.gradientNorm(),
            step.examplesPerSecond(),
            step.computeMs(),
            step.waitMs(),
            step.reduceMs(),
            step.applyMs(),
            new Pause(3000, 0),
            step.noise(),
            step.ranks(),
            step.outcome(),
            step.atMs());
    Curves curves = new Curves(Curves.Heard.SOME);
    curves.step(update(1, 7));
    curves.step(paused);
    assertThat(curves.secondsSoFar()[1]).isCloseTo(11 * 0.1 + 3, within(1e-9));
  }

  @Test
  void aValueThatIsNotFiniteIsAGapAndSpoilsNoMean() {
    Curves curves = new Curves();
    curves.step(update(1, Double.NaN));
    assertThat(curves.curves().get("loss").mean(0)).isNaN();
    for (int i = 2; i <= 2 * Curves.MOST_STRETCHES; i++) {
      curves.step(update(i, 7));
    }
    assertThat(curves.perStretch()).isEqualTo(2);
    assertThat(curves.curves().get("loss").mean(0)).isEqualTo(7);
  }
}
