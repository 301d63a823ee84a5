/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.launch.StandaloneCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that go on with another number of workers. */
class RescaleIT {

  private static final int EFFECTIVE = 96;

  @TempDir Path temp;

  @Test
  @Tag("soak")
  void aHostThatDoesNotComeBackIsDoneWithoutAndAnotherSubmitMayHaveMore() throws Exception {
    Path run = temp.resolve("run");
    try (StandaloneCluster cluster =
        StandaloneCluster.start(temp, List.of("127.0.0.2", "127.0.0.3", "127.0.0.4"))) {
      String[] three = command(run, 3, 4, "--set", "spark.spark.executor.cores=1");
      try (DriverProcess driver = DriverProcess.submitted(temp, cluster.address(), three)) {
        driver.executorsOnceAt(run, 60);
        cluster.loseLastHost();
        driver.awaitAttempt(run, 2);
        driver.awaitFurther(run, 55);
        driver.signal("TERM");
        assertThat(driver.exitCode()).as(driver.output()).isEqualTo(75);
      }
    }
    long stopped = DriverProcess.status(run).get("update").asLong();
    try (DriverProcess driver =
        DriverProcess.embedded(temp, command(run, 4, 3, "--set", "spark.spark.executor.cores=1"))) {
      driver.executorsOnceAt(run, stopped + 60);
      driver.signal("TERM");
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(75);
    }

    FinishedRun finished = new FinishedRun(run);
    assertThat(finished.attempts().stream().map(one -> one.at("/plan/workers").asInt()))
        .containsExactly(3, 2, 4);
    assertThat(finished.attempts().stream().map(one -> one.at("/plan/effective").asInt()))
        .containsOnly(EFFECTIVE);
    finished.requireUpdates(DriverProcess.status(run).get("update").asLong());
    requireWholeEpochs(finished);
  }

  /** Each epoch that was finished has used all examples, in full batches but for its last. */
  private static void requireWholeEpochs(FinishedRun run) throws IOException {
    Map<Integer, List<Long>> epochs = new TreeMap<>();
    for (JsonNode line : run.metrics()) {
      if (line.has("loss")) {
        epochs
            .computeIfAbsent(line.get("epoch").asInt(), epoch -> new ArrayList<>())
            .add(line.get("examples").asLong());
      }
    }
    List<List<Long>> whole = new ArrayList<>(epochs.values());
    List<Long> first = whole.get(0);
    assertThat(first.subList(0, first.size() - 1)).containsOnly((long) EFFECTIVE);
    assertThat(whole).hasSizeGreaterThan(6);
    assertThat(whole.subList(0, whole.size() - 1)).containsOnly(first);
  }

  private static String[] command(Path run, int workers, int steps, String... more) {
    List<String> command = new ArrayList<>(List.of("train", "conf/quickstart.conf"));
    Collections.addAll(command, "--set", "output=" + run);
    Collections.addAll(command, "--set", "train.epochs=1000000");
    Collections.addAll(command, "--set", "batch.workers=" + workers);
    Collections.addAll(command, "--set", "batch.micro=8");
    Collections.addAll(command, "--set", "batch.steps=" + steps);
    Collections.addAll(command, "--set", "checkpoint.every-updates=25");
    Collections.addAll(command, "--set", "recovery.wait-for-executors=30s");
    Collections.addAll(command, more);
    return command.toArray(new String[0]);
  }
}
