/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunStatus;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.StepMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

/**
 * Keeps {@code STATUS.json} true: begun, a little further every few seconds, ended exactly once.
 *
 * <p>Owned by the supervisor. Threading: safe everywhere; Spark's thread brings progress, the
 * driver's or a shutdown hook ends it. A status that cannot be written fails the run, except for
 * progress, which the next one makes up for.
 */
final class StatusKeeper implements MetricsSink {

  private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(10);

  private final RunDirectory directory;
  private final Clock clock;
  private RunStatus status;

  private StatusKeeper(RunDirectory directory, Clock clock, RunStatus status) {
    this.directory = directory;
    this.clock = clock;
    this.status = status;
  }

  /** Writes the settings and the first status. */
  static StatusKeeper begin(
      RunDirectory directory, Clock clock, String settingsJson, RunStatus running)
      throws IOException {
    directory.begin(settingsJson, running);
    return new StatusKeeper(directory, clock, running);
  }

  @Override
  public synchronized void step(StepMetrics step) throws IOException {
    if (isEnded()) {
      return;
    }
    boolean due = status.updatedAt().plus(PROGRESS_INTERVAL).isBefore(clock.instant());
    RunStatus further =
        status.at(step.update(), step.epoch(), due ? clock.instant() : status.updatedAt());
    status = further;
    if (due) {
      directory.writeStatus(further);
    }
  }

  @Override
  public void validation(ValidationMetrics validation) {}

  @Override
  public void close() {}

  /** Writes how it ended, unless that is written already. */
  synchronized void end(Outcome outcome) throws IOException {
    if (isEnded()) {
      return;
    }
    RunStatus ended =
        status.ended(stateOf(outcome), outcome.exitCode(), outcome.reason(), clock.instant());
    directory.writeStatus(ended);
    status = ended;
  }

  synchronized RunStatus status() {
    return status;
  }

  private boolean isEnded() {
    return status.state() != RunStatus.State.RUNNING;
  }

  private static RunStatus.State stateOf(Outcome outcome) {
    if (outcome.exitCode() == Outcome.EXIT_DONE) {
      return RunStatus.State.SUCCEEDED;
    }
    return outcome instanceof Outcome.Resumable
        ? RunStatus.State.RESUMABLE
        : RunStatus.State.FAILED;
  }
}
