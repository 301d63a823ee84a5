/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.TimeLimit;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DisplayTest {

  private final StringWriter text = new StringWriter();
  private long nowNanos;

  @Test
  void linesShowTheFirstUpdateOneEveryTenSecondsAndTheLast() {
    try (LineDisplay lines = new LineDisplay(1000, 4, new PrintWriter(text), () -> nowNanos)) {
      for (int update = 1; update <= 25; update++) {
        lines.step(step(update));
        nowNanos += Duration.ofSeconds(1).toNanos();
      }
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "epoch 1/4, update 1/1000: loss 0.5000, 1,234 examples/s",
            "epoch 1/4, update 11/1000: loss 0.5000, 1,234 examples/s",
            "epoch 1/4, update 21/1000: loss 0.5000, 1,234 examples/s",
            "epoch 1/4, update 25/1000: loss 0.5000, 1,234 examples/s");
  }

  @Test
  void everyValidationIsALine() {
    try (LineDisplay lines = new LineDisplay(1000, 4, new PrintWriter(text), () -> nowNanos)) {
      lines.validation(new ValidationMetrics(250, 1, 90, Map.of("accuracy", 0.975)));
    }
    assertThat(text.toString().strip())
        .isEqualTo("epoch 1/4, update 250/1000: validation accuracy 0.9750");
  }

  @Test
  void barShowsEpochLossSpeedAndTimeLeft() {
    BarDisplay bar =
        new BarDisplay(new RunStart("digits", "out", "{}", 100, 4), new PrintWriter(text), 160);
    bar.step(step(50));
    bar.close();
    assertThat(text.toString()).contains("50/100", "epoch 1/4", "loss 0.5000", "1,234 examples/s");
  }

  @Test
  void barSaysThatTheTimeIsLimited() throws Exception {
    RunStart run =
        new RunStart(
            "digits",
            "out",
            "{}",
            1_000_000,
            4,
            Optional.empty(),
            Optional.of(new TimeLimit(Duration.ofNanos(2), Duration.ofNanos(1))));
    BarDisplay bar = new BarDisplay(run, new PrintWriter(text), 160);
    bar.step(step(50));
    bar.step(step(51));
    bar.close();
    assertThat(text.toString()).contains("1,234 examples/s, train.max-time ends it");
  }

  @Test
  void terminalWidthFallsBackToAUsualOne() {
    assertThat(TerminalWidth.parse("50 132\n")).isEqualTo(132);
    assertThat(TerminalWidth.parse("0 0")).isEqualTo(100);
    assertThat(TerminalWidth.parse("24 10")).isEqualTo(40);
    assertThat(TerminalWidth.parse("")).isEqualTo(100);
    assertThat(TerminalWidth.parse("a b")).isEqualTo(100);
  }

  @Test
  void bytesHaveBinaryUnits() {
    assertThat(PlanText.bytes(512)).isEqualTo("512 B");
    assertThat(PlanText.bytes(1536)).isEqualTo("1.5 KiB");
    assertThat(PlanText.bytes(20L << 20)).isEqualTo("20 MiB");
    assertThat(PlanText.bytes(3L << 40)).isEqualTo("3.0 TiB");
  }

  private static UpdateMetrics step(long update) {
    return new UpdateMetrics(
        update, 1, 64, 0.5, 0.1, 1, 1234, 1, 1, 1, 1, UpdateMetrics.Outcome.APPLIED);
  }
}
