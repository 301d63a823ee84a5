/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.FailureReport;
import io.cairn.telemetry.TaskFailure;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class VerdictTest {

  @Test
  void lostExecutorIsNamedAndNotThePeersThatNoticed() {
    Verdict verdict =
        verdict(
            failure(
                TaskFailure.FailureKind.PEER_FAILURE, 0, "io.cairn.collective.PeerLost", "gone"),
            failure(TaskFailure.FailureKind.EXECUTOR_LOST, 1, "", "executor lost: exit 137"));
    assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.RETRY);
    assertThat(verdict.reason()).isEqualTo("rank 1 (executor 1 on host): executor lost: exit 137");
    assertThat(verdict.lostHost()).contains("host");
  }

  @Test
  void peerFailureAloneSaysThatItIsAConsequence() {
    Verdict verdict =
        verdict(
            failure(
                TaskFailure.FailureKind.PEER_FAILURE, 0, "io.cairn.collective.PeerLost", "gone"));
    assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.RETRY);
    assertThat(verdict.reason()).contains("gone (Spark reported no failure of that peer itself)");
    assertThat(verdict.lostHost()).isEmpty();
  }

  @Test
  void operatorsMistakeFoundByAWorkerIsNotRetriedByAnybody() {
    Verdict verdict =
        verdict(
            failure(TaskFailure.FailureKind.ERROR, 0, "io.cairn.data.DataException", "bad column"));
    assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.INVALID);
    assertThat(verdict.reason()).isEqualTo("bad column");
  }

  @Test
  void whatEveryAttemptWouldMeetEndsTheRun() {
    for (String lasting : Verdict.LASTING) {
      assertThat(verdict(failure(TaskFailure.FailureKind.ERROR, 0, lasting, "again")).kind())
          .isEqualTo(Verdict.VerdictKind.FAIL);
    }
  }

  @Test
  void disksReplicasAndTheUnknownAreWorthAnotherAttempt() {
    for (String passing :
        List.of(
            "java.io.IOException",
            "io.cairn.checkpoint.CheckpointException",
            "io.cairn.data.StagingException",
            "io.cairn.worker.ReplicasDivergedException",
            "java.lang.IllegalStateException",
            "")) {
      assertThat(verdict(failure(TaskFailure.FailureKind.ERROR, 0, passing, "once")).kind())
          .as(passing)
          .isEqualTo(Verdict.VerdictKind.RETRY);
    }
  }

  @Test
  void newerAttemptEndsThisDriver() {
    assertThat(
            verdict(failure(TaskFailure.FailureKind.ERROR, 0, Verdict.FENCED, "attempt 4 has it")))
        .isEqualTo(
            new Verdict(
                Verdict.VerdictKind.SUPERSEDED,
                "attempt 4 has it",
                Optional.of(
                    failure(
                        TaskFailure.FailureKind.ERROR, 0, Verdict.FENCED, "attempt 4 has it"))));
  }

  @Test
  void withoutATasksFailureSparkIsQuoted() {
    assertThat(verdict().reason()).isEqualTo("Job aborted due to stage failure: ...");
  }

  @Test
  void classesThatDecideExist() throws ClassNotFoundException {
    for (String name : Verdict.INVALID) {
      assertThat(Class.forName(name)).isAssignableTo(RuntimeException.class);
    }
    for (String name : Verdict.LASTING) {
      assertThat(Class.forName(name)).isAssignableTo(RuntimeException.class);
    }
    assertThat(Class.forName(Verdict.FILE_GONE)).isAssignableTo(IOException.class);
    assertThat(Class.forName(Verdict.FENCED)).isAssignableTo(IOException.class);
  }

  private static Verdict verdict(TaskFailure... failures) {
    SparkException failed =
        new SparkException("Job aborted due to stage failure: ...\nDriver stacktrace:");
    return Verdict.of(failed, new FailureReport(List.of(failures)));
  }

  private static TaskFailure failure(
      TaskFailure.FailureKind kind, int rank, String errorClass, String message) {
    return new TaskFailure(
        kind, OptionalInt.of(rank), "" + rank, "host", errorClass, message, "", rank);
  }
}
