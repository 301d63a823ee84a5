/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.ReduceTiming;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.settings.TrainSettings.SelfCheck;
import io.cairn.telemetry.Pause;
import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.UpdateMetrics;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainedTimeTest {

  private static final long UPDATES = 5;

  private final AtomicLong now = new AtomicLong(1_000);

  private static TrainedTime within(double milliseconds) {
    return new TrainedTime(
        new TrainSpec(
            5,
            UPDATES,
            Double.POSITIVE_INFINITY,
            OnNonFinite.FAIL,
            SelfCheck.OFF,
            StopRule.NONE.within(milliseconds)));
  }

  private static UpdateMetrics update(long number, double between, UpdateMetrics.Outcome outcome) {
    return new UpdateMetrics(
        number,
        1,
        8,
        0.5,
        0.1,
        Map.of(),
        1,
        1,
        400,
        300,
        200,
        100,
        new Pause(between, between / 2),
        Optional.empty(),
        Optional.empty(),
        outcome,
        0);
  }

  @Test
  void updatesAndThePausesBetweenThemCountAlsoOfUpdatesThatAreLeftOut() {
    TrainedTime time = within(3_250);
    time.step(update(1, 0, UpdateMetrics.Outcome.APPLIED));
    time.step(update(2, 250, UpdateMetrics.Outcome.SKIPPED));
    assertThat(time.isOver(2)).isFalse();
    time.step(update(3, 0, UpdateMetrics.Outcome.APPLIED));
    assertThat(time.isOver(3)).isTrue();
  }

  @Test
  void aRunAtItsLastUpdateIsDoneAndNotOutOfTime() {
    TrainedTime time = within(1);
    time.step(update(1, 0, UpdateMetrics.Outcome.APPLIED));
    assertThat(time.isOver(UPDATES - 1)).isTrue();
    assertThat(time.isOver(UPDATES)).isFalse();
  }

  @Test
  void withoutALimitTimeIsNeverOver() {
    TrainedTime time = within(Double.POSITIVE_INFINITY);
    time.step(update(1, 1e18, UpdateMetrics.Outcome.APPLIED));
    assertThat(time.isOver(1)).isFalse();
    assertThat(time.missing(7)).isEmpty();
    assertThatThrownBy(() -> within(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void metricsThatAreMissingAreSaid() {
    TrainedTime time = within(1_000);
    time.step(update(7, 0, UpdateMetrics.Outcome.APPLIED));
    assertThat(time.missing(1)).isEmpty();
    assertThat(time.missing(7))
        .contains(
            "train.max-time: metrics.jsonl tells of 1 of 7 updates; what the others took does not count");
  }

  @ParameterizedTest
  @CsvSource({"28800000, 8h", "5400000, 90m", "90000, 90s", "1500, 1500ms"})
  void theSentenceSaysHowLongAndWhere(double milliseconds, String words) {
    assertThat(within(milliseconds).sentence(3))
        .isEqualTo(
            "train.max-time: the run has trained for %s, as long as it may, and ends after update 3 of 5"
                .formatted(words));
  }

  /** Every read of the clock is a millisecond later; no time is lost between two updates. */
  @Test
  void aPauseLastsFromTheEndOfAnUpdateToTheNext() throws Exception {
    LoopClock clock = new LoopClock(() -> now.addAndGet(1_000_000));
    long start = now.get() + 1_000_000;
    UpdateClock first = clock.nextUpdate();
    assertThat(first.load(7)).isEqualTo(new RankLoad(0, 0, 7, RankLoad.Since.NONE));
    first.computed(0);
    first.reduced(new ReduceTiming(600_000, 0));
    clock.checkpoint(() -> now.addAndGet(20_000_000));
    clock.checkpoint(() -> now.addAndGet(30_000_000));
    UpdateClock second = clock.nextUpdate();
    second.computed(0);
    RankLoad.Since since = new RankLoad.Since(600_000, 400_000, 0, 52_000_000);
    assertThat(second.idle(7)).isEqualTo(new RankLoad(0, 0, 7, since));
    assertThat(second.load(7)).isEqualTo(new RankLoad(1_000_000, 0, 7, since));
    assertThat(second.pause()).isEqualTo(new Pause(55, 52));
    assertThat(now.get() - start).isEqualTo(2_000_000 + 55_000_000 + 1_000_000);
    assertThat(clock.nextUpdate().pause()).isEqualTo(new Pause(1, 0));
  }
}
