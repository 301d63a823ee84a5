/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.PastAttempt.EndedBy;
import io.cairn.checkpoint.RunStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunGaugesTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  /** A stop is no failure, however the run goes on after it. */
  @ParameterizedTest
  @CsvSource({
    "'', RUNNING, 0",
    "'FAILURE', RUNNING, 1",
    "'STOP', RUNNING, 0",
    "'FAILURE STOP END FAILURE NOTHING', RUNNING, 2",
    "'STOP', RESUMABLE, 0",
    "'FAILURE', RESUMABLE, 1",
    "'STOP', FAILED, 1",
    "'FAILURE', SUCCEEDED, 1",
  })
  void failuresAreCountedAndStopsAreNot(String before, RunStatus.State state, double failures) {
    List<PastAttempt> attempts = new ArrayList<>();
    for (String by : before.isEmpty() ? new String[0] : before.split(" ", -1)) {
      attempts.add(
          new PastAttempt(
              attempts.size() + 1,
              NOW,
              Optional.of(NOW),
              0,
              1,
              Optional.empty(),
              OptionalInt.empty(),
              "why",
              EndedBy.valueOf(by)));
    }
    int number = attempts.size() + 1;
    RunStatus running = RunStatus.running("digits", 8, attempts, number, 1, 1, NOW);
    RunGauges gauges = new RunGauges();
    gauges.attempts(
        state == RunStatus.State.RUNNING ? running : running.ended(state, 0, "why", NOW));
    assertThat(gauges.metricRegistry().getGauges().get("failures").getValue()).isEqualTo(failures);
    assertThat(gauges.metricRegistry().getGauges().get("attempts").getValue())
        .isEqualTo((double) number);
  }
}
