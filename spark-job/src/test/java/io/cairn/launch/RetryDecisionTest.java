/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.settings.RecoverySettings;
import io.cairn.telemetry.TaskFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RetryDecisionTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private long nowNanos = 5;

  private RetryDecision decision(int attempts, int withoutProgress, Duration time, int host) {
    return new RetryDecision(
        new RecoverySettings(attempts, withoutProgress, time, HOUR, host, HOUR), () -> nowNanos);
  }

  private static Verdict lost(String host) {
    TaskFailure failure =
        new TaskFailure(
            TaskFailure.FailureKind.EXECUTOR_LOST, OptionalInt.of(1), "4", host, "", "lost", "", 0);
    return new Verdict(Verdict.VerdictKind.RETRY, failure.describe(), Optional.of(failure));
  }

  private static Verdict of(Verdict.VerdictKind kind) {
    return new Verdict(kind, "why", Optional.empty());
  }

  private static RetryDecision.Next.Again again(RetryDecision.Next next) {
    return (RetryDecision.Next.Again) next;
  }

  private static Outcome end(RetryDecision.Next next) {
    return ((RetryDecision.Next.End) next).outcome();
  }

  @Test
  void failuresWithoutProgressEndTheRun() {
    RetryDecision decision = decision(100, 3, HOUR, 9);
    decision.begins(0);
    assertThat(again(decision.after(lost("a"), 40, 0)).failure()).isEqualTo(1);
    decision.begins(0);
    assertThat(again(decision.after(lost("b"), 40, 0)).failure()).isEqualTo(2);
    decision.begins(0);
    Outcome outcome = end(decision.after(lost("a"), 39, 0));
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.reason())
        .isEqualTo(
            "3 attempts in a row failed without progress beyond update 40"
                + " (recovery.max-failures-without-progress); the last: rank 1 (executor 4 on a):"
                + " lost");
  }

  @Test
  void furtherUpdateOrNewerCheckpointIsProgress() {
    RetryDecision decision = decision(100, 2, HOUR, 9);
    for (int attempt = 0; attempt < 20; attempt++) {
      decision.begins(0);
      assertThat(again(decision.after(lost("a"), attempt + 1, 0)).failure()).isEqualTo(1);
    }
    for (int attempt = 1; attempt < 20; attempt++) {
      decision.begins(100L * (attempt - 1));
      assertThat(again(decision.after(lost("a"), 0, 100L * attempt)).failure()).isEqualTo(1);
    }
  }

  @Test
  void attemptsOfASubmitAreLimited() {
    RetryDecision decision = decision(2, 9, HOUR, 9);
    decision.begins(0);
    again(decision.after(lost("a"), 1, 0));
    decision.begins(0);
    assertThat(end(decision.after(lost("a"), 2, 0)).reason())
        .startsWith("attempt 2 failed (recovery.max-attempts); the last: ");
  }

  @Test
  void timeWithoutProgressIsLimited() {
    RetryDecision decision = decision(100, 100, Duration.ofMinutes(1), 100);
    decision.begins(0);
    again(decision.after(lost("a"), 1, 0));
    nowNanos += Duration.ofSeconds(59).toNanos();
    again(decision.after(lost("a"), 1, 0));
    nowNanos += Duration.ofSeconds(59).toNanos();
    again(decision.after(lost("a"), 2, 0));
    nowNanos += Duration.ofSeconds(61).toNanos();
    assertThat(end(decision.after(lost("a"), 2, 0)).reason())
        .startsWith("no progress beyond update 2 for 61 s (recovery.max-time)");
  }

  @Test
  void backOffDoublesWithJitterUpToAboutAMinuteAndStartsAgainAfterProgress() {
    RetryDecision decision = decision(100, 100, HOUR, 100);
    for (int failure = 0; failure < 12; failure++) {
      long base = 500L << Math.min(failure, 7);
      assertThat(again(decision.after(lost("a"), 0, 0)).after().toMillis())
          .isBetween(base / 2, base * 3 / 2);
    }
    assertThat(again(decision.after(lost("a"), 1, 0)).after().toMillis()).isLessThanOrEqualTo(750);
  }

  @Test
  void hostThatCausesOneFailureAfterTheOtherIsToBeLeftOut() {
    RetryDecision decision = decision(100, 100, HOUR, 3);
    assertThat(again(decision.after(lost("bad"), 0, 0)).leaveOut()).isEmpty();
    assertThat(again(decision.after(lost("good"), 0, 0)).leaveOut()).isEmpty();
    assertThat(again(decision.after(lost("bad"), 0, 0)).leaveOut()).isEmpty();
    assertThat(again(decision.after(lost("bad"), 0, 0)).leaveOut()).isEmpty();
    assertThat(again(decision.after(lost("bad"), 0, 0)).leaveOut()).contains("bad");
    assertThat(again(decision.after(of(Verdict.VerdictKind.RETRY), 0, 0)).leaveOut()).isEmpty();
  }

  @Test
  void whatARetryCannotMendEndsTheRunAtOnce() {
    RetryDecision decision = decision(100, 100, HOUR, 3);
    assertThat(end(decision.after(of(Verdict.VerdictKind.INVALID), 0, 0)).exitCode()).isEqualTo(2);
    assertThat(end(decision.after(of(Verdict.VerdictKind.FAIL), 0, 0)).exitCode()).isEqualTo(1);
    assertThat(end(decision.after(of(Verdict.VerdictKind.SUPERSEDED), 0, 0)))
        .isEqualTo(new Outcome.Superseded("why"));
  }
}
