/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.settings.Secrets;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import io.cairn.telemetry.tracking.MlflowMessages.LogBatch;
import io.cairn.telemetry.tracking.MlflowMessages.Pair;
import io.cairn.telemetry.tracking.MlflowMessages.Point;
import io.cairn.telemetry.tracking.MlflowMessages.UpdateRun;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A run on an MLflow server: settings as parameters, metrics by update, model and page as
 * artifacts. It goes on in the same run of the server however often it is resumed.
 *
 * <p>The server cannot forget a value, so each is sent once. Which it has, it is asked, at the
 * beginning and after each failure: the last step of each metric. A request that was carried out
 * but not answered is therefore not repeated.
 *
 * <p>Threading: the tracker's thread. Failure: as {@link Tracker}.
 */
final class MlflowTracker implements Tracker {

  /** The most that a server takes at once. */
  private static final int MOST_POINTS = 1_000;

  private static final int MOST_PARAMS = 100;
  private static final String RUNNING = "RUNNING";
  private static final String FINISHED = "FINISHED";
  private static final String REASON = "cairn.reason";
  private static final String PROXY = "mlflow-artifacts:";

  private final MlflowServer server;
  private final MlflowRun runs;
  private final Supplier<List<RunFile>> artifacts;
  private final Consumer<String> tell;
  private final Clock clock;

  private final List<Point> points = new ArrayList<>();
  private final Map<String, Long> steps = new HashMap<>();
  private MlflowRun.State run;
  private String status = "";

  /**
   * @param files where the server's run is remembered
   * @param artifacts what is stored with it when the run has succeeded
   * @param tell takes a line to the user
   */
  MlflowTracker(
      MlflowServer server,
      String experiment,
      TrackerFiles files,
      Supplier<List<RunFile>> artifacts,
      Consumer<String> tell,
      Clock clock) {
    this.server = server;
    this.runs = new MlflowRun(server, experiment, files, clock);
    this.artifacts = artifacts;
    this.tell = tell;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "MLflow at " + server.uri();
  }

  @Override
  public void begins(RunStart start) throws IOException {
    run = runs.open(start);
    status = run.status();
    sendSettings(MlflowParams.of(start.settingsJson()));
  }

  /** Parameters never change; what a resumed run has changed is told by tags. */
  private void sendSettings(Map<String, String> settings) throws IOException {
    List<Pair> params = new ArrayList<>();
    List<Pair> tags = new ArrayList<>();
    settings.forEach(
        (name, value) -> {
          String before = run.params().get(name);
          if (before == null) {
            params.add(new Pair(name, value));
          } else if (!before.equals(value)) {
            tags.add(new Pair("changed." + name, value));
          }
        });
    for (int from = 0; from < params.size(); from += MOST_PARAMS) {
      List<Pair> some = params.subList(from, Math.min(params.size(), from + MOST_PARAMS));
      server.post("runs/log-batch", new LogBatch(run.id(), List.of(), some, List.of()));
    }
    if (!tags.isEmpty()) {
      server.post("runs/log-batch", new LogBatch(run.id(), List.of(), List.of(), tags));
    }
  }

  /** All but the last update, whose validation may be missing; {@link #add} knows it by metric. */
  @Override
  public long through() throws IOException {
    points.clear();
    MlflowRun.State now = runs.state(run.id());
    status = now.status();
    steps.clear();
    steps.putAll(now.steps());
    return Math.max(0, steps.getOrDefault(Scalars.LOSS, 0L) - 1);
  }

  @Override
  public void update(UpdateMetrics update) {
    add(update.atMs(), update.update(), Scalars.of(update));
  }

  @Override
  public void validation(ValidationMetrics validation) {
    add(validation.atMs(), validation.update(), Scalars.of(validation));
  }

  private void add(long atMs, long step, Map<String, Double> values) {
    long time = atMs == 0 ? clock.millis() : atMs;
    values.forEach(
        (name, value) -> {
          String key = MlflowParams.name(name);
          if (step > steps.getOrDefault(key, 0L)) {
            points.add(new Point(key, value, time, step));
            steps.put(key, step);
          }
        });
  }

  @Override
  public boolean flush() throws IOException {
    if (points.isEmpty()) {
      return true;
    }
    be(RUNNING);
    for (int from = 0; from < points.size(); from += MOST_POINTS) {
      List<Point> some = points.subList(from, Math.min(points.size(), from + MOST_POINTS));
      server.post("runs/log-batch", LogBatch.metrics(run.id(), List.copyOf(some)));
    }
    points.clear();
    return true;
  }

  @Override
  public void ends(RunEnd end) throws IOException {
    boolean hasSucceeded = end.state() == RunEnd.State.SUCCEEDED;
    if (hasSucceeded && status.equals(FINISHED)) {
      return;
    }
    if (hasSucceeded) {
      storeArtifacts();
    }
    String why = Secrets.shown(end.reason());
    if (!why.equals(run.tags().getOrDefault(REASON, ""))) {
      List<Pair> reason = List.of(new Pair(REASON, why));
      server.post("runs/log-batch", new LogBatch(run.id(), List.of(), List.of(), reason));
    }
    be(
        switch (end.state()) {
          case SUCCEEDED -> FINISHED;
          case STOPPED -> "KILLED";
          case FAILED -> "FAILED";
        });
  }

  private void be(String wanted) throws IOException {
    if (!status.equals(wanted)) {
      Long endMs = wanted.equals(RUNNING) ? null : clock.millis();
      server.post("runs/update", new UpdateRun(run.id(), wanted, endMs));
      status = wanted;
    }
  }

  /** Where the server stores artifacts itself; elsewhere that takes the store's own credentials. */
  private void storeArtifacts() throws IOException {
    if (!run.artifacts().startsWith(PROXY)) {
      tell.accept(
          "tracking: %s does not take artifacts itself (it is run with --no-serve-artifacts, and keeps them in %s): model and page are in the output only"
              .formatted(name(), run.artifacts()));
      return;
    }
    String root = URI.create(run.artifacts()).getPath().replaceFirst("^/+", "");
    for (RunFile file : artifacts.get()) {
      try {
        server.putArtifact(root + "/" + file.name(), file);
      } catch (MlflowException e) {
        if (!e.isFinal()) {
          throw e;
        }
        tell.accept(
            "tracking: %s does not take %s: %s; it is in the output only"
                .formatted(name(), file.name(), e.getMessage()));
      }
    }
  }
}
