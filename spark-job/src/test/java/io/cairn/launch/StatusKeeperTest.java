/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Claimant;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.PastAttempt.EndedBy;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunStatus;
import io.cairn.plan.BatchPlan;
import io.cairn.telemetry.UpdateMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
    keeper.end(new Outcome.Succeeded(List.of(), ""));
    RunStatus last = directory.status().orElseThrow();
    assertThat(last.state()).isEqualTo(RunStatus.State.SUCCEEDED);
    assertThat(last.update()).isEqualTo(5);
    assertThat(last.exitCode()).hasValue(0);
  }

  @Test
  void aRunThatEndedEarlySaysWhy() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    begin(directory).end(new Outcome.Succeeded(List.of(), "early stopping: loss"));
    RunStatus last = directory.status().orElseThrow();
    assertThat(last.state()).isEqualTo(RunStatus.State.SUCCEEDED);
    assertThat(last.reason()).isEqualTo("early stopping: loss");
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

  @Test
  void everyAttemptIsToldWithItsUpdatesAndItsCause() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    StatusKeeper keeper = begin(directory);
    Instant start = clock.now;
    keeper.step(step(7));
    clock.now = start.plusSeconds(3);
    keeper.attemptEnds("rank 1: executor lost", EndedBy.FAILURE);
    RunStatus between = directory.status().orElseThrow();
    assertThat(between.state()).isEqualTo(RunStatus.State.RUNNING);
    PastAttempt first =
        new PastAttempt(
            1,
            start,
            Optional.of(clock.now),
            0,
            7,
            Optional.empty(),
            OptionalInt.empty(),
            "rank 1: executor lost",
            EndedBy.FAILURE);
    assertThat(between.attempts()).containsExactly(first);

    clock.now = start.plusSeconds(5);
    keeper.attemptBegins(2, 5, 1, 64);
    assertThat(directory.status().orElseThrow().update()).isEqualTo(5);
    keeper.step(step(9));
    keeper.end(new Outcome.Succeeded(List.of(), ""));
    assertThat(directory.status().orElseThrow().attempts())
        .containsExactly(
            first,
            new PastAttempt(
                2,
                clock.now,
                Optional.of(clock.now),
                5,
                9,
                Optional.empty(),
                OptionalInt.empty(),
                "",
                EndedBy.END));

    StatusKeeper later =
        new StatusKeeper(clock, "digits", directory.status().orElseThrow().attempts());
    later.claimed(StatusFile.in(directory, "{}"));
    later.attemptBegins(3, 9, 1, 64);
    assertThat(directory.status().orElseThrow().attempts()).hasSize(3).startsWith(first);
  }

  @Test
  void theEffectiveBatchIsThatOfTheNewestPlan() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    StatusKeeper keeper = begin(directory);
    assertThat(directory.status().orElseThrow().effectiveBatch()).isEqualTo(64);
    keeper.plan(new BatchPlan(2, 8, 16));
    assertThat(directory.status().orElseThrow().effectiveBatch()).isEqualTo(256);
    assertThat(directory.status().orElseThrow().last().plan()).contains(new BatchPlan(2, 8, 16));
  }

  @Test
  void anAttemptThatFailsBeforeItBeginsDoesNotChangeTheStoryOfTheOneBefore() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    StatusKeeper keeper = begin(directory);
    keeper.attemptEnds("rank 1: executor lost", EndedBy.FAILURE);
    clock.now = clock.now.plusSeconds(3);
    keeper.attemptEnds("java.io.IOException: no checkpoint can be read", EndedBy.FAILURE);
    PastAttempt only = directory.status().orElseThrow().last();
    assertThat(only.cause()).isEqualTo("rank 1: executor lost");
    assertThat(only.endedAt()).hasValue(clock.now.minusSeconds(3));
  }

  @Test
  void noAttemptBeginsAfterTheLastWord() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    StatusKeeper keeper = begin(directory);
    keeper.end(new Outcome.Resumable("the driver's process was ended"));
    keeper.attemptBegins(2, 5, 1, 64);
    assertThat(directory.status().orElseThrow().state()).isEqualTo(RunStatus.State.RESUMABLE);
  }

  /** The driver's own next claim is no other driver's. */
  @Test
  void theRunsEndIsToldUnderTheNewestClaimEvenIfItsAttemptHasNotBegun() throws IOException {
    String output = temp.resolve("run").toString();
    RunDirectory directory = RunDirectory.open(output, Map.of());
    Claimant me = new Claimant("here", "app-1", clock.now);
    StatusKeeper keeper = new StatusKeeper(clock, "digits", List.of());
    AttemptClaim first = AttemptClaim.take(output, Map.of(), 0, me);
    keeper.claimed(StatusFile.in(directory.under(first), "{}"));
    keeper.attemptBegins(1, 0, 0, 64);
    keeper.attemptEnds("rank 1: executor lost", EndedBy.FAILURE);
    AttemptClaim second = AttemptClaim.take(output, Map.of(), 1, me);
    keeper.claimed(StatusFile.in(directory.under(second), "{}"));
    keeper.end(new Outcome.Failed("no checkpoint fits", Optional.empty()));
    assertThat(directory.status().orElseThrow().state()).isEqualTo(RunStatus.State.FAILED);
  }

  @Test
  void driverThatHasLostTheRunSaysNothingMoreAboutIt() throws IOException {
    String output = temp.resolve("run").toString();
    Claimant me = new Claimant("here", "app-1", clock.now);
    AttemptClaim mine = AttemptClaim.take(output, Map.of(), 0, me);
    StatusKeeper keeper = new StatusKeeper(clock, "digits", List.of());
    keeper.claimed(StatusFile.in(RunDirectory.open(output, Map.of()).under(mine), "{}"));
    keeper.attemptBegins(1, 0, 0, 64);
    AttemptClaim.take(output, Map.of(), 0, new Claimant("there", "app-2", clock.now));
    keeper.end(new Outcome.Resumable("stopped by SIGTERM"));
    assertThat(RunDirectory.open(output, Map.of()).status().orElseThrow().state())
        .isEqualTo(RunStatus.State.RUNNING);
  }

  /** Else pages that show what this driver says would show a run under way for ever. */
  @Test
  void whoListensHearsThatAnotherDriverHasTheRun() throws IOException {
    String output = temp.resolve("run").toString();
    AttemptClaim mine =
        AttemptClaim.take(output, Map.of(), 0, new Claimant("here", "app-1", clock.now));
    List<RunStatus> heard = new ArrayList<>();
    StatusKeeper keeper = new StatusKeeper(clock, "digits", List.of());
    keeper.claimed(
        StatusFile.in(RunDirectory.open(output, Map.of()).under(mine), "{}").heardBy(heard::add));
    keeper.attemptBegins(1, 0, 0, 64);
    AttemptClaim.take(output, Map.of(), 0, new Claimant("there", "app-2", clock.now));
    keeper.end(new Outcome.Superseded("attempt 2 has taken over the run"));
    assertThat(RunDirectory.open(output, Map.of()).status().orElseThrow().state())
        .isEqualTo(RunStatus.State.RUNNING);
    assertThat(heard).hasSize(2);
    assertThat(heard.get(1).state()).isEqualTo(RunStatus.State.FAILED);
    assertThat(heard.get(1).reason()).isEqualTo("attempt 2 has taken over the run");
    assertThat(heard.get(1).last().endedBy()).isEqualTo(EndedBy.STOP);
  }

  @Test
  void anAttemptSaysWhetherAFailureOrAStopHasEndedIt() throws IOException {
    RunDirectory directory = RunDirectory.open(temp.resolve("run").toString(), Map.of());
    StatusKeeper keeper = begin(directory);
    keeper.attemptEnds("rank 1: executor lost", EndedBy.FAILURE);
    keeper.attemptBegins(2, 0, 0, 64);
    keeper.end(new Outcome.Resumable("stopped by SIGTERM"));
    StatusKeeper later =
        new StatusKeeper(clock, "digits", directory.status().orElseThrow().attempts());
    later.claimed(StatusFile.in(directory, "{}"));
    later.attemptBegins(3, 0, 0, 64);
    later.end(new Outcome.Succeeded(List.of(), "early stopping"));
    assertThat(directory.status().orElseThrow().attempts())
        .extracting(PastAttempt::endedBy)
        .containsExactly(EndedBy.FAILURE, EndedBy.STOP, EndedBy.END);
    assertThat(temp.resolve("run/STATUS.json"))
        .content()
        .containsOnlyOnce("\"endedBy\" : \"failure\"")
        .containsOnlyOnce("\"endedBy\" : \"stop\"");
  }

  private StatusKeeper begin(RunDirectory directory) throws IOException {
    StatusKeeper keeper = new StatusKeeper(clock, "digits", List.of());
    keeper.claimed(StatusFile.in(directory, "{}"));
    keeper.attemptBegins(1, 0, 0, 64);
    return keeper;
  }

  private static UpdateMetrics step(long update) {
    return new UpdateMetrics(
        update, 1, 64, 0.5, 0.1, 1, 100, 1, 1, 1, 1, UpdateMetrics.Outcome.APPLIED);
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
