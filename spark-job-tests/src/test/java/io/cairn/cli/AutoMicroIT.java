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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code batch.micro = auto} as an operator sees it, on two executor processes. */
@Tag("heavy")
class AutoMicroIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;

  @Test
  void whatTheExecutorsFindIsToldAndKept() throws Exception {
    Path run = temp.resolve("run");
    try (DriverProcess driver = DriverProcess.embedded(temp, command(run, 2))) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
      assertThat(driver.output())
          .contains(
              "plan: workers 2 x micro auto x steps = effective 128",
              "plan from update 1 on: workers 2 x micro 64 x steps 1 = effective 128 (batch.micro ="
                  + " auto:");
    }
    try (DriverProcess driver = DriverProcess.embedded(temp, command(run, 3))) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
      assertThat(driver.output()).doesNotContain("plan from update");
    }
    JsonNode attempts = DriverProcess.status(run).get("attempts");
    assertThat(attempts).hasSize(2);
    for (JsonNode attempt : attempts) {
      assertThat(attempt.at("/plan/micro").asInt()).as(attempt.toString()).isEqualTo(64);
      assertThat(attempt.at("/plan/steps").asInt()).isEqualTo(1);
    }
    assertThat(attempts.get(1).get("fromUpdate").asInt()).isEqualTo(24);
    List<JsonNode> plans = metrics(run).stream().filter(line -> line.has("plan")).toList();
    assertThat(plans).as("one probe").hasSize(1);
    assertThat(plans.get(0).get("update").asInt()).isEqualTo(1);
    assertThat(metrics(run).stream().filter(line -> line.has("loss"))).hasSize(36);
    JsonNode settings = JSON.readTree(Files.readString(run.resolve("settings.json")));
    assertThat(settings.at("/batch/micro").asText()).isEqualTo("auto");
    assertThat(settings.get("plan")).hasToString("{\"effective\":128,\"workers\":2}");
  }

  private static String[] command(Path run, int epochs) {
    return new String[] {
      "train",
      "conf/quickstart.conf",
      "--set",
      "output=" + run,
      "--set",
      "train.epochs=" + epochs,
      "--set",
      "batch.micro=auto",
      "--set",
      "batch.steps=null",
      "--set",
      "batch.effective=128",
      "--set",
      "compute.threads=1"
    };
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    return JSON.readerFor(JsonNode.class)
        .<JsonNode>readValues(Files.readString(run.resolve("metrics.jsonl")))
        .readAll();
  }
}
