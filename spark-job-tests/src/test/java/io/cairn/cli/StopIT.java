/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However a run ends early, no process is left and its status says what happened. */
class StopIT {

  @TempDir Path temp;
  private Path run;

  @BeforeEach
  void nameOutput() {
    run = temp.resolve("run");
  }

  @Test
  void interruptFromTheTerminalLeavesNoProcessAndAResumableRun() throws Exception {
    try (DriverProcess driver = endlessRun()) {
      List<ProcessHandle> executors = driver.executorsOnceTraining(run);
      assertThat(executors).hasSize(2);
      driver.signalAll("INT");
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(75);
      driver.awaitGone(executors);
      JsonNode status = DriverProcess.status(run);
      assertThat(status.get("state").asText()).isEqualTo("RESUMABLE");
      assertThat(status.get("exitCode").asInt()).isEqualTo(75);
      assertThat(status.get("reason").asText()).isEqualTo("stopped by SIGINT");
      assertThat(run.resolve("model.zip")).doesNotExist();
    }
  }

  @Test
  void killedDriverTakesItsExecutorsAlong() throws Exception {
    try (DriverProcess driver = endlessRun()) {
      List<ProcessHandle> executors = driver.executorsOnceTraining(run);
      assertThat(executors).hasSize(2);
      driver.signal("KILL");
      driver.awaitGone(executors);
      assertThat(DriverProcess.status(run).get("state").asText()).isEqualTo("RUNNING");
    }
  }

  @Test
  void killedExecutorFailsTheRunAndIsNamedAsTheFirstCause() throws Exception {
    try (DriverProcess driver = endlessRun()) {
      List<ProcessHandle> executors = driver.executorsOnceTraining(run);
      DriverProcess.signal("KILL", executors.subList(0, 1));
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(1);
      driver.awaitGone(executors);
      JsonNode status = DriverProcess.status(run);
      assertThat(status.get("state").asText()).isEqualTo("FAILED");
      assertThat(status.get("reason").asText())
          .matches("rank [01] \\(executor [01] on .*\\): executor lost: .*");
      assertThat(driver.output()).contains("training failed: rank ").doesNotContain("\tat ");
    }
  }

  private DriverProcess endlessRun() throws IOException {
    return DriverProcess.embedded(
        temp,
        "train",
        "conf/quickstart.conf",
        "--set",
        "output=" + run,
        "--set",
        "train.epochs=1000000");
  }
}
