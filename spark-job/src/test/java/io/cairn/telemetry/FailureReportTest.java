/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class FailureReportTest {

  @Test
  void lostExecutorComesBeforeThePeersThatNoticedFirst() {
    TaskFailure noticed = failure(TaskFailure.FailureKind.PEER_FAILURE, 0, 10, "rank 1 is gone");
    TaskFailure killed = failure(TaskFailure.FailureKind.KILLED, 2, 12, "stopped");
    TaskFailure lost = failure(TaskFailure.FailureKind.EXECUTOR_LOST, 1, 30, "exit 137");
    FailureReport report = new FailureReport(List.of(noticed, killed, lost));
    assertThat(report.firstCause()).contains(lost);
    assertThat(report.isConclusive()).isTrue();
    assertThat(lost.describe()).isEqualTo("rank 1 (executor 1 on host): exit 137");
  }

  @Test
  void amongEqualsTheEarlierIsTheCause() {
    TaskFailure late = failure(TaskFailure.FailureKind.ERROR, 0, 20, "late");
    TaskFailure early = failure(TaskFailure.FailureKind.ERROR, 1, 10, "early");
    assertThat(new FailureReport(List.of(late, early)).firstCause()).contains(early);
  }

  @Test
  void consequencesAloneAreNotConclusive() {
    FailureReport report =
        new FailureReport(List.of(failure(TaskFailure.FailureKind.PEER_FAILURE, 0, 1, "gone")));
    assertThat(report.isConclusive()).isFalse();
    assertThat(new FailureReport(List.of()).firstCause()).isEmpty();
  }

  private static TaskFailure failure(
      TaskFailure.FailureKind kind, int rank, long atMs, String message) {
    return new TaskFailure(
        kind, OptionalInt.of(rank), Integer.toString(rank), "host", "", message, "", atMs);
  }
}
