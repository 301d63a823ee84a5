/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.NoiseSample;
import io.cairn.telemetry.NoiseScale;
import io.cairn.telemetry.Pause;
import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.RankLoad.Since;
import io.cairn.telemetry.RankMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RankTimesTest {

  private final AtomicLong now = new AtomicLong();
  private final RankTimes times = new RankTimes(List.of("a", "b", "c"), now::get);

  /** An interval of two updates in which the ranks compute for so many milliseconds. */
  private RankMetrics interval(long... computeMs) {
    for (int update = 0; update < 2; update++) {
      List<RankLoad> loads = new ArrayList<>();
      for (long ms : computeMs) {
        loads.add(new RankLoad(ms * 1_000_000, 0, 5 << 20, Since.NONE));
      }
      times.take(loads);
    }
    assertThat(times.next()).isEmpty();
    now.addAndGet(RankTimes.INTERVAL.toNanos());
    return times.next().orElseThrow();
  }

  @Test
  void meansOfAnIntervalAreWrittenAndRead() throws IOException {
    RankMetrics means = interval(10, 12, 30);
    assertThat(means.ranks())
        .extracting(rank -> rank.load().computeNanos())
        .containsExactly(10_000_000L, 12_000_000L, 30_000_000L);
    now.addAndGet(RankTimes.INTERVAL.toNanos());
    assertThat(times.next()).as("nothing since").isEmpty();
    UpdateMetrics update =
        new UpdateMetrics(
            7,
            1,
            8,
            0.5,
            0.1,
            Map.of(),
            1,
            100,
            1,
            2,
            3,
            4,
            new Pause(7.5, 2.25),
            Optional.of(new NoiseScale.Smoothed(80, new NoiseSample(-0.5, 40))),
            Optional.of(new RankMetrics(means.ranks(), List.of(2))),
            UpdateMetrics.Outcome.APPLIED,
            0);
    List<UpdateMetrics> read = new ArrayList<>();
    MetricsJson.read(MetricsJson.write(update), taking(read));
    assertThat(read).containsExactly(update);
  }

  /** Also those before an update that says nothing of the ranks' speed. */
  @Test
  void checkpointsAreAMeanOverTheUpdates() {
    long ms = 1_000_000;
    times.take(
        List.of(
            new RankLoad(5 * ms, 0, 0, new Since(0, 0, 0, 40 * ms)),
            new RankLoad(5 * ms, 0, 0, new Since(0, 0, 0, 10 * ms)),
            new RankLoad(5 * ms, 0, 0, Since.NONE)));
    times.take(
        List.of(
            new RankLoad(5 * ms, 0, 0, Since.NONE),
            new RankLoad(5 * ms, 0, 0, Since.NONE),
            RankLoad.NONE));
    times.take(
        List.of(
            new RankLoad(0, 0, 0, new Since(0, 0, 0, 20 * ms)),
            new RankLoad(5 * ms, 0, 0, Since.NONE),
            RankLoad.NONE));
    times.take(
        List.of(
            new RankLoad(5 * ms, 0, 0, Since.NONE),
            new RankLoad(5 * ms, 0, 0, Since.NONE),
            new RankLoad(5 * ms, 0, 0, Since.NONE)));
    now.addAndGet(RankTimes.INTERVAL.toNanos());
    RankMetrics means = times.next().orElseThrow();
    assertThat(means.ranks())
        .extracting(rank -> rank.load().since().checkpointNanos())
        .containsExactly(30 * ms, 5 * ms, 0L);
    assertThat(means.ranks()).allMatch(rank -> rank.load().computeNanos() == 5 * ms);
  }

  @Test
  void aRankIsCalledSlowOnceItHasBeenTwiceRunning() {
    assertThat(times.news(interval(10, 10, 16))).isEmpty();
    assertThat(times.news(interval(10, 10, 14))).as("faster again").isEmpty();
    assertThat(times.news(interval(10, 12, 40))).isEmpty();
    assertThat(times.news(interval(10, 12, 40)))
        .containsExactly(
            "rank 2 on c is slow: its passes take 40.0 ms an update, those of the others 11.0 ms"
                + " (median); all wait for it");
    assertThat(times.news(interval(10, 12, 40))).as("said already").isEmpty();
  }

  @Test
  void updatesInWhichARankHadNoExamplesDoNotCount() {
    for (int i = 0; i < 3; i++) {
      times.take(List.of(new RankLoad(90_000_000, 0, 0, Since.NONE), RankLoad.NONE, RankLoad.NONE));
      assertThat(times.news(interval(9, 9, 9))).isEmpty();
    }
  }

  @Test
  void aRankAloneIsNeverSlow() {
    RankTimes alone = new RankTimes(List.of("a"), now::get);
    for (int i = 0; i < 3; i++) {
      alone.take(List.of(new RankLoad(7, 0, 0, Since.NONE)));
      now.addAndGet(RankTimes.INTERVAL.toNanos());
      assertThat(alone.news(alone.next().orElseThrow())).isEmpty();
    }
  }

  private static MetricsSink taking(List<UpdateMetrics> read) {
    return new MetricsSink() {
      @Override
      public void step(UpdateMetrics step) {
        read.add(step);
      }

      @Override
      public void validation(ValidationMetrics validation) {}

      @Override
      public void close() {}
    };
  }
}
