/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.FailureReport;
import io.cairn.telemetry.TaskFailure;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class SupervisorTest {

  @Test
  void lostExecutorIsNamedAndNotThePeersThatNoticed() {
    Outcome outcome =
        outcome(
            failure(TaskFailure.Kind.PEER_FAILURE, 0, "io.cairn.collective.PeerLost", "gone"),
            failure(TaskFailure.Kind.EXECUTOR_LOST, 1, "", "executor lost: exit 137"));
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.reason()).isEqualTo("rank 1 (executor 1 on host): executor lost: exit 137");
  }

  @Test
  void peerFailureAloneSaysThatItIsAConsequence() {
    Outcome outcome =
        outcome(failure(TaskFailure.Kind.PEER_FAILURE, 0, "io.cairn.collective.PeerLost", "gone"));
    assertThat(outcome.reason()).contains("gone (Spark reported no failure of that peer itself)");
  }

  @Test
  void operatorsMistakeFoundByAWorkerIsNotRetried() {
    Outcome outcome =
        outcome(failure(TaskFailure.Kind.ERROR, 0, "io.cairn.data.DataException", "bad column"));
    assertThat(outcome).isEqualTo(new Outcome.Invalid("bad column"));
    assertThat(outcome.exitCode()).isEqualTo(2);
  }

  @Test
  void withoutATasksFailureSparkIsQuoted() {
    assertThat(outcome().reason()).isEqualTo("Job aborted due to stage failure: ...");
  }

  @Test
  void classesOfOperatorsMistakesExist() throws ClassNotFoundException {
    for (String name : Supervisor.INVALID) {
      assertThat(Class.forName(name)).isAssignableTo(RuntimeException.class);
    }
  }

  private static Outcome outcome(TaskFailure... failures) {
    SparkException failed =
        new SparkException("Job aborted due to stage failure: ...\nDriver stacktrace:");
    return Supervisor.outcomeOf(failed, new FailureReport(List.of(failures)));
  }

  private static TaskFailure failure(
      TaskFailure.Kind kind, int rank, String errorClass, String message) {
    return new TaskFailure(
        kind, OptionalInt.of(rank), "" + rank, "host", errorClass, message, "", rank);
  }
}
