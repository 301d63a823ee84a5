/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However a run ends early, no process is left and its status says what happened. */
@Tag("heavy")
class StopIT {

  private static final ObjectMapper JSON = new ObjectMapper();

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
      assertSavedWhereItStopped();
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
  void executorThatIsToldToEndStopsAllRanksWithACheckpoint() throws Exception {
    try (DriverProcess driver = endlessRun()) {
      List<ProcessHandle> executors = driver.executorsOnceTraining(run);
      DriverProcess.signal("TERM", executors.subList(0, 1));
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(75);
      driver.awaitGone(executors);
      JsonNode status = DriverProcess.status(run);
      assertThat(status.get("state").asText()).isEqualTo("RESUMABLE");
      assertThat(status.get("reason").asText()).matches("rank [01]'s process was told to end");
      assertSavedWhereItStopped();
    }
  }

  @Test
  void decommissionedExecutorStopsAllRanksWithACheckpoint() throws Exception {
    try (DriverProcess driver = endlessRun()) {
      List<ProcessHandle> executors = driver.executorsOnceTraining(run);
      DriverProcess.signal("PWR", executors.subList(0, 1));
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(75);
      driver.awaitGone(executors);
      assertThat(DriverProcess.status(run).get("reason").asText())
          .matches("executor [01] on .* is being decommissioned");
      assertSavedWhereItStopped();
    }
  }

  /** The last update in the metrics is the last one in the checkpoints. */
  private void assertSavedWhereItStopped() throws IOException {
    List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
    long last = JSON.readTree(metrics.get(metrics.size() - 1)).get("update").asLong();
    assertThat(run.resolve("checkpoints").toFile().list()).contains("update-%012d".formatted(last));
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
