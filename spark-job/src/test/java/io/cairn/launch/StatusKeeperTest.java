/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunStatus;
import io.cairn.telemetry.StepMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusKeeperTest {

  @TempDir Path temp;
  private final SettableClock clock = new SettableClock();

  @Test
  void progressIsWrittenEveryFewSecondsAndTheEndAtOnce() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    StatusKeeper keeper = begin(directory);
    keeper.step(step(3));
    assertThat(directory.status().orElseThrow().update()).isZero();
    clock.now = clock.now.plus(Duration.ofSeconds(11));
    keeper.step(step(4));
    assertThat(directory.status().orElseThrow().update()).isEqualTo(4);
    keeper.step(step(5));
    keeper.end(new Outcome.Succeeded(List.of()));
    RunStatus last = directory.status().orElseThrow();
    assertThat(last.state()).isEqualTo(RunStatus.State.SUCCEEDED);
    assertThat(last.update()).isEqualTo(5);
    assertThat(last.exitCode()).hasValue(0);
  }

  @Test
  void firstEndStands() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    StatusKeeper keeper = begin(directory);
    keeper.end(new Outcome.Resumable("stopped by SIGTERM"));
    keeper.end(new Outcome.Failed("an executor was lost", Optional.empty()));
    keeper.step(step(9));
    RunStatus last = directory.status().orElseThrow();
    assertThat(last.state()).isEqualTo(RunStatus.State.RESUMABLE);
    assertThat(last.exitCode()).hasValue(75);
    assertThat(last.reason()).isEqualTo("stopped by SIGTERM");
  }

  @Test
  void wrongSettingsFoundLateAreAFailureThatIsNotRetried() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    begin(directory).end(new Outcome.Invalid("the model does not fit"));
    RunStatus last = directory.status().orElseThrow();
    assertThat(last.state()).isEqualTo(RunStatus.State.FAILED);
    assertThat(last.exitCode()).hasValue(2);
  }

  private StatusKeeper begin(RunDirectory directory) throws IOException {
    return StatusKeeper.begin(
        directory, clock, "{}", RunStatus.running("digits", 64, 1, clock.instant()));
  }

  private static StepMetrics step(long update) {
    return new StepMetrics(
        update, 1, 64, 0.5, 0.1, 1, 100, 1, 1, 1, 1, StepMetrics.Outcome.APPLIED);
  }

  private static final class SettableClock extends Clock {
    private Instant now = Instant.parse("2026-03-01T10:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }
}
