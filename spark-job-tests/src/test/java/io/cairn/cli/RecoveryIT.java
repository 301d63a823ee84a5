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
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is disturbed ends with the model of one that is not, to the byte, and its metrics show
 * every update once. Real processes, and real signals.
 */
@Tag("spark")
class RecoveryIT {

  private static final int UPDATES_PER_EPOCH = 12;
  private static final int KILLS_IN_A_SUBMIT = 5;

  /** All kills of a submit may come before the next checkpoint. */
  private static final String[] KILLS_ARE_NO_REASON_TO_END = {
    "--set", "recovery.max-failures-without-progress=" + (KILLS_IN_A_SUBMIT + 1)
  };

  @TempDir Path temp;

  @Test
  void killedExecutorAndSecondSubmitLeaveTheModelOfAnUndisturbedRun() throws Exception {
    int epochs = 40;
    FinishedRun undisturbed = undisturbed(epochs);
    Path run = temp.resolve("disturbed");
    try (DriverProcess first = train(run, epochs)) {
      List<ProcessHandle> executors = first.executorsOnceAt(run, 100);
      DriverProcess.signal("KILL", executors.subList(0, 1));
      first.awaitAttempt(run, 2);
      List<ProcessHandle> inSecondAttempt = first.executorsOnceAt(run, 250);
      // Held, so that the run does not come to its end before the other driver is there.
      DriverProcess.signal("STOP", inSecondAttempt);
      try (DriverProcess second = train(run, epochs)) {
        second.awaitFile(run.resolve("claims/attempt-0003"));
        DriverProcess.signal("CONT", inSecondAttempt);
        assertThat(first.exitCode()).as(first.output()).isEqualTo(2);
        assertThat(first.output())
            .contains("this submit ends, another one has the run: attempt 2 must stop")
            .contains("attempt 3, claimed by")
            .doesNotContain("\tat ");
        assertThat(second.exitCode()).as(second.output()).isZero();
      }
    }
    FinishedRun disturbed = new FinishedRun(run);
    disturbed.requireUpdates((long) epochs * UPDATES_PER_EPOCH);
    disturbed.requireSameAs(undisturbed);
    List<JsonNode> attempts = disturbed.attempts();
    assertThat(attempts).hasSize(3);
    assertThat(attempts.get(0).get("cause").asText())
        .matches("rank [01] \\(executor [01] on .*\\): executor lost: .*");
    assertThat(attempts.get(1).get("fromUpdate").asLong()).isBetween(50L, 200L);
    assertThat(attempts.get(2).get("fromUpdate").asLong()).isGreaterThanOrEqualTo(200);
  }

  @Test
  @Tag("heavy")
  void fiveKilledExecutorsAndAKilledDriverLeaveTheModelOfAnUndisturbedRun() throws Exception {
    killedDriversLeaveTheModelOfAnUndisturbedRun(1, 80);
  }

  @Test
  @Tag("soak")
  void twentyKilledExecutorsAndFourKilledDriversLeaveTheModelOfAnUndisturbedRun() throws Exception {
    killedDriversLeaveTheModelOfAnUndisturbedRun(4, 200);
  }

  private void killedDriversLeaveTheModelOfAnUndisturbedRun(int killedDrivers, int epochs)
      throws Exception {
    FinishedRun undisturbed = undisturbed(epochs);
    Path run = temp.resolve("disturbed");
    Random random = new Random(20);
    for (int submit = 0; submit < killedDrivers; submit++) {
      try (DriverProcess driver = train(run, epochs, KILLS_ARE_NO_REASON_TO_END)) {
        for (int kill = 0; kill < KILLS_IN_A_SUBMIT; kill++) {
          driver.awaitFurther(run, random.nextInt(60));
          driver.killExecutor(random);
        }
        driver.awaitFurther(run, random.nextInt(60));
        List<ProcessHandle> executors = driver.executors();
        driver.signal("KILL");
        driver.awaitGone(executors);
      }
    }
    try (DriverProcess last = train(run, epochs, KILLS_ARE_NO_REASON_TO_END)) {
      assertThat(last.exitCode()).as(last.output()).isZero();
    }
    FinishedRun disturbed = new FinishedRun(run);
    disturbed.requireUpdates((long) epochs * UPDATES_PER_EPOCH);
    disturbed.requireSameAs(undisturbed);
    // One more than there were kills, but for those that came before an attempt had begun.
    assertThat(disturbed.attempts())
        .hasSizeBetween(
            killedDrivers * KILLS_IN_A_SUBMIT, killedDrivers * (KILLS_IN_A_SUBMIT + 1) + 1);
  }

  @Test
  @Tag("soak")
  void ofTwoSubmitsAtTheSameTimeExactlyOneTrains() throws Exception {
    FinishedRun undisturbed = undisturbed(60);
    Path run = temp.resolve("contested");
    try (DriverProcess one = train(run, 60);
        DriverProcess other = train(run, 60)) {
      List<Integer> codes = new ArrayList<>(List.of(one.exitCode(), other.exitCode()));
      DriverProcess loser = codes.get(0) == 0 ? other : one;
      assertThat(codes).as(one.output() + other.output()).containsExactlyInAnyOrder(0, 2);
      assertThat(loser.output()).contains("this submit ends, another one has the run");
    }
    new FinishedRun(run).requireUpdates(60 * UPDATES_PER_EPOCH);
    new FinishedRun(run).requireSameAs(undisturbed);
  }

  @Test
  @Tag("heavy")
  void executorThatHangsIsReplaced() throws Exception {
    Path run = temp.resolve("run");
    try (DriverProcess driver = train(run, 40, "--set", "collective.timeout=3s")) {
      List<ProcessHandle> executors = driver.executorsOnceAt(run, 100);
      DriverProcess.signal("STOP", executors.subList(0, 1));
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    new FinishedRun(run).requireUpdates(40L * UPDATES_PER_EPOCH);
    assertThat(new FinishedRun(run).attempts()).hasSizeGreaterThan(1);
  }

  @Test
  @Tag("heavy")
  void runWithoutEnoughExecutorsStopsAsResumableAndGoesOnWhenTheyAreBack() throws Exception {
    Path run = temp.resolve("run");
    String[] arguments = {
      "--set", "recovery.wait-for-executors=30s", "--set", "spark.spark.executor.cores=1",
      // Two workers cannot make what three do in one step.
      "--set", "batch.workers=3", "--set", "batch.steps=1",
    };
    try (StandaloneCluster cluster =
        StandaloneCluster.start(temp, List.of("127.0.0.2", "127.0.0.3", "127.0.0.4"))) {
      String[] command = command(run, 1_000_000, arguments);
      try (DriverProcess driver = DriverProcess.submitted(temp, cluster.address(), command)) {
        driver.executorsOnceAt(run, 50);
        cluster.loseLastHost();
        assertThat(driver.exitCode()).as(driver.output()).isEqualTo(75);
      }
    }
    assertThat(DriverProcess.status(run).get("state").asText()).isEqualTo("RESUMABLE");
    assertThat(DriverProcess.status(run).get("reason").asText())
        .isEqualTo(
            "2 of 3 executors are there after 30 s (recovery.wait-for-executors); an effective batch"
                + " of 48 in micro-batches of 16 needs 1, 3");
    long before = DriverProcess.status(run).get("update").asLong();
    try (DriverProcess driver = train(run, 1_000_000, arguments)) {
      driver.awaitAttempt(run, 3);
      driver.executorsOnceAt(run, before + 50);
    }
  }

  private FinishedRun undisturbed(int epochs) throws IOException, InterruptedException {
    Path run = temp.resolve("undisturbed");
    try (DriverProcess driver = train(run, epochs)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    return new FinishedRun(run);
  }

  private DriverProcess train(Path run, int epochs, String... more) throws IOException {
    return DriverProcess.embedded(temp, command(run, epochs, more));
  }

  private static String[] command(Path run, int epochs, String... more) {
    List<String> command = new ArrayList<>(List.of("train", "conf/quickstart.conf"));
    Collections.addAll(command, "--set", "output=" + run);
    Collections.addAll(command, "--set", "train.epochs=" + epochs);
    Collections.addAll(command, "--set", "checkpoint.every-updates=25");
    Collections.addAll(command, more);
    return command.toArray(new String[0]);
  }
}
