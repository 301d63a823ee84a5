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

/** Failures that count together are those without progress between them. */
class RetryProgressTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private final RetryDecision decision =
      new RetryDecision(new RecoverySettings(100, 3, HOUR, HOUR, 2, HOUR), () -> 0);

  private RetryDecision.Next lost(String host, long reached, long checkpoint) {
    TaskFailure failure =
        new TaskFailure(
            TaskFailure.FailureKind.EXECUTOR_LOST, OptionalInt.of(1), "4", host, "", "lost", "", 0);
    return decision.after(
        new Verdict(Verdict.VerdictKind.RETRY, failure.describe(), Optional.of(failure)),
        reached,
        checkpoint);
  }

  private Optional<String> leftOut(String host, long reached, long checkpoint) {
    return ((RetryDecision.Next.Again) lost(host, reached, checkpoint)).leaveOut();
  }

  @Test
  void aHostIsNotLeftOutForFailuresFromBeforeTheLastProgress() {
    assertThat(leftOut("a", 10, 0)).isEmpty();
    assertThat(leftOut("a", 20, 0)).as("further than before").isEmpty();
    assertThat(leftOut("a", 20, 15)).as("a newer checkpoint").isEmpty();
    assertThat(leftOut("a", 20, 15)).as("the second in a row").contains("a");
  }

  @Test
  void comingAgainToWhereTheCheckpointWasIsNoProgress() {
    decision.begins(100);
    assertThat(leftOut("a", 50, 100)).isEmpty();
    decision.begins(100);
    assertThat(leftOut("b", 60, 100)).isEmpty();
    decision.begins(100);
    assertThat(lost("c", 70, 100)).isInstanceOf(RetryDecision.Next.End.class);
  }

  @Test
  void progressIsMeasuredAgainstTheFurthestOfAllAttempts() {
    assertThat(leftOut("a", 40, 30)).isEmpty();
    assertThat(leftOut("b", 10, 20)).isEmpty();
    assertThat(lost("c", 40, 30)).isInstanceOf(RetryDecision.Next.End.class);
  }
}
