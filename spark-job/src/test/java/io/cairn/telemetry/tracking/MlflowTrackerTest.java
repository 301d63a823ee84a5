/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import static io.cairn.telemetry.tracking.TrackingTest.DONE;
import static io.cairn.telemetry.tracking.TrackingTest.SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.tracking.FakeMlflow.Mood;
import io.cairn.telemetry.tracking.FakeMlflow.Run;
import io.cairn.telemetry.tracking.MemoryFiles.Seen;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What arrives at an MLflow server that is down, broken, mute, or another one meanwhile. The real
 * server is in {@code python/tests/test_trackers.py}.
 */
@Timeout(30)
class MlflowTrackerTest {

  private static final String SETTINGS =
      "{\"seed\":7,\"train\":{\"epochs\":5},\"data\":{\"train\":{\"options\":{\"password\":\"pw\",\"url\":\"jdbc:x?password=pw\"}},"
          + "\"features\":[\"pixel_*\"]},\"spark\":{\"spark.executor.memory\":\"2g\"}}";
  private static final RunStart START = new RunStart("digits", "/runs/x", SETTINGS, 100, 5);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final MetricsFile metrics = new MetricsFile();
  private final MemoryFiles files = new MemoryFiles(Seen.AT_ONCE);
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private FakeMlflow server;

  @BeforeEach
  void start() throws IOException {
    server = FakeMlflow.start(0);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theServerHasTheRunWhole() throws Exception {
    Tracking tracking = track(START, Map.of("MLFLOW_TRACKING_TOKEN", "secret"));
    tracking.attemptBegins(0);
    train(tracking, 432);
    tracking.end(DONE, LONG);
    Run run = server.only();
    assertThat(server.experiments).containsOnlyKeys("digits of 2026");
    assertThat(run.name).isEqualTo("digits");
    assertThat(run.status).isEqualTo("FINISHED");
    hasEachOnce(run, 432);
    assertThat(run.steps)
        .containsKeys("learning_rates/head", "phases/compute_ms", "validation/accuracy", "epoch");
    assertThat(run.params)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "seed",
                "7",
                "train.epochs",
                "5",
                "data.features",
                "[\"pixel_*\"]",
                "data.train.options.password",
                "(not shown)",
                "data.train.options.url",
                "jdbc:x?password=(not shown)"));
    assertThat(run.tags).containsEntry("cairn.output", "/runs/x");
    assertThat(run.artifacts.get("model.zip")).asString().isEqualTo("the model");
    assertThat(server.authorizations).containsOnly("Bearer secret");
    assertThat(new String(files.bytes("mlflow.json"), StandardCharsets.UTF_8))
        .contains("run1")
        .doesNotContain("secret");
    assertThat(said).isEmpty();
  }

  @Test
  void whatAServerThatWasDownMissedIsSentLater() throws Exception {
    int port = server.port();
    server.close();
    Tracking tracking = track(START, Map.of());
    tracking.attemptBegins(0);
    train(tracking, 50);
    while (said.isEmpty()) {
      Thread.onSpinWait();
    }
    train(tracking, 80);
    server = FakeMlflow.start(port);
    server.awaitStep(80);
    train(tracking, 100);
    tracking.end(DONE, LONG);
    hasEachOnce(server.only(), 100);
    assertThat(said).hasSize(2);
    assertThat(said.get(0))
        .startsWith("tracking: MLflow at http://127.0.0.1:" + port + " does not take metrics: ");
    assertThat(said.get(1)).endsWith("works again, and has everything");
  }

  @Test
  void aServerThatFailsIsToldOnceOfAll() throws Exception {
    Tracking tracking = track(START, Map.of());
    tracking.attemptBegins(0);
    train(tracking, 20);
    server.awaitStep(20);
    server.be(Mood.BROKEN);
    train(tracking, 50);
    server.awaitRequests(3);
    server.be(Mood.WELL);
    server.awaitStep(50);
    tracking.end(DONE, LONG);
    hasEachOnce(server.only(), 50);
    assertThat(said).hasSize(2).first().asString().contains("it answers 500");
  }

  @Test
  void whatAServerDidWithoutAnAnswerIsNotDoneTwice() throws Exception {
    server.be(Mood.MUTE);
    Tracking tracking = track(START, Map.of());
    tracking.attemptBegins(0);
    // Its experiment and its run are made, and it is asked again and again what there is.
    server.awaitRequests(8);
    server.be(Mood.WELL);
    train(tracking, 20);
    server.awaitStep(20);
    server.be(Mood.MUTE);
    train(tracking, 50);
    server.awaitStep(50);
    server.awaitRequests(3);
    server.be(Mood.WELL);
    tracking.end(DONE, LONG);
    assertThat(server.experiments).hasSize(1);
    hasEachOnce(server.only(), 50);
  }

  @Test
  void aRunThatIsResumedGoesOnInTheSameRun() throws Exception {
    Tracking first = track(START, Map.of());
    first.attemptBegins(0);
    train(first, 45);
    first.end(new RunEnd(RunEnd.State.STOPPED, "Ctrl-C"), LONG);
    assertThat(server.only().status).isEqualTo("KILLED");
    assertThat(server.only().tags).containsEntry("cairn.reason", "Ctrl-C");
    RunStart changed =
        new RunStart("digits", "/runs/x", SETTINGS.replace("\"epochs\":5", "\"epochs\":9"), 200, 9);
    Tracking second = track(changed, Map.of());
    second.attemptBegins(40);
    metrics.restore(40);
    train(second, 60);
    server.awaitStep(60);
    assertThat(server.only().status).isEqualTo("RUNNING");
    second.end(DONE, LONG);
    Run run = server.only();
    hasEachOnce(run, 60);
    assertThat(run.status).isEqualTo("FINISHED");
    assertThat(run.params).containsEntry("train.epochs", "5");
    assertThat(run.tags)
        .containsEntry("changed.train.epochs", "9")
        .containsEntry("cairn.reason", "");
  }

  @Test
  void theSameCommandSendsTheRestOfAFinishedRunAndThenNothing() throws Exception {
    metrics.train(30);
    server.be(Mood.BROKEN);
    track(START, Map.of()).end(DONE, LONG);
    // Before it comes a line of the first call's failure, where that call was before the end.
    assertThat(said)
        .endsWith(
            "tracking: MLflow at "
                + server.uri()
                + " has not got everything of this run: it answers 500; where the run has an output, the same command sends it the rest");
    server.be(Mood.WELL);
    track(START, Map.of()).end(DONE, LONG);
    hasEachOnce(server.only(), 30);
    assertThat(server.only().artifacts).containsOnlyKeys("model.zip");
    server.only().artifacts.clear();
    track(START, Map.of()).end(DONE, LONG);
    hasEachOnce(server.only(), 30);
    assertThat(server.only().artifacts).isEmpty();
  }

  @Test
  void aRunThatSomebodyHasDeletedIsMadeAnew() throws Exception {
    metrics.train(30);
    track(START, Map.of()).end(DONE, LONG);
    server.only().stage = "deleted";
    track(START, Map.of()).end(DONE, LONG);
    assertThat(server.runs).hasSize(2);
    hasEachOnce(server.runs.get("run2"), 30);
  }

  private Tracking track(RunStart start, Map<String, String> environment) {
    byte[] model = "the model".getBytes(StandardCharsets.UTF_8);
    RunFile file = new RunFile("model.zip", model.length, () -> new ByteArrayInputStream(model));
    Tracker tracker =
        new MlflowTracker(
            new MlflowServer(server.uri(), environment),
            "digits of 2026",
            files,
            () -> List.of(file),
            said::add,
            Clock.systemUTC());
    return Tracking.start(List.of(tracker), start, metrics, said::add, SHORT);
  }

  private void train(Tracking tracking, long through) {
    metrics.train(through);
    tracking.step(MetricsFile.update(through, 0));
  }

  private static void hasEachOnce(Run run, long updates) {
    List<Long> all = LongStream.rangeClosed(1, updates).boxed().toList();
    List<Long> validations = all.stream().filter(n -> n % 10 == 0).toList();
    run.steps.forEach(
        (name, steps) ->
            assertThat(steps)
                .as(name)
                .isEqualTo(name.startsWith("validation/") ? validations : all));
    assertThat(run.steps).containsKeys("loss", "validation/loss");
  }
}
