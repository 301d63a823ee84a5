/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.json.StrictJson;
import io.cairn.settings.Secrets;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.tracking.MlflowMessages.CreateExperiment;
import io.cairn.telemetry.tracking.MlflowMessages.CreateRun;
import io.cairn.telemetry.tracking.MlflowMessages.Pair;
import io.cairn.telemetry.tracking.MlflowMessages.Search;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Which run of an MLflow server is this one: the same for every driver that goes on with it. Its id
 * is kept in {@code tracking/mlflow.json} of the run's directory. Before the server is asked to
 * make a run, a key is kept there, which the new run has as a tag: so a run whose making was not
 * answered is found again, and not made twice.
 *
 * <p>Threading: one thread. Failure: an IOException; the same call may be made again.
 */
final class MlflowRun {

  private static final String FILE = "mlflow.json";
  private static final String KEY = "cairn.run";
  private static final int MOST_BYTES = 1 << 16;

  private final MlflowServer server;
  private final String experiment;
  private final TrackerFiles files;
  private final Clock clock;

  /**
   * What is kept.
   *
   * @param uri the server's
   * @param experiment its name
   * @param key of this run
   * @param run the server's id of it; empty before it is known
   */
  private record Kept(String uri, String experiment, String key, String run) {
    Kept {
      Objects.requireNonNull(uri, "uri");
      Objects.requireNonNull(experiment, "experiment");
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(run, "run");
    }
  }

  /**
   * A run as the server has it.
   *
   * @param id the server's
   * @param status RUNNING, FINISHED, FAILED, KILLED or SCHEDULED
   * @param artifacts where its artifacts are
   * @param steps the last step of each metric
   * @param params by name
   * @param tags by name
   */
  record State(
      String id,
      String status,
      String artifacts,
      Map<String, Long> steps,
      Map<String, String> params,
      Map<String, String> tags) {

    static State of(JsonNode run) {
      JsonNode info = run.path("info");
      JsonNode data = run.path("data");
      Map<String, Long> steps = new HashMap<>();
      data.path("metrics")
          .forEach(it -> steps.put(it.path("key").asText(), it.path("step").asLong()));
      return new State(
          info.path("run_id").asText(),
          info.path("status").asText(),
          info.path("artifact_uri").asText(),
          steps,
          pairs(data.path("params")),
          pairs(data.path("tags")));
    }

    private static Map<String, String> pairs(JsonNode list) {
      Map<String, String> pairs = new HashMap<>();
      list.forEach(it -> pairs.put(it.path("key").asText(), it.path("value").asText()));
      return pairs;
    }
  }

  MlflowRun(MlflowServer server, String experiment, TrackerFiles files, Clock clock) {
    this.server = server;
    this.experiment = experiment;
    this.files = files;
    this.clock = clock;
  }

  /** Finds it, or has it made. */
  State open(RunStart start) throws IOException {
    String experimentId = experimentId();
    Kept kept = kept().orElseGet(this::anew);
    if (!kept.run().isEmpty()) {
      Optional<State> there = there(kept.run());
      if (there.isPresent()) {
        return there.get();
      }
      // Somebody has deleted it.
      kept = anew();
    }
    files.replace(FILE, StrictJson.render(kept));
    Optional<String> found = find(experimentId, kept.key());
    String id = found.isPresent() ? found.get() : create(experimentId, kept.key(), start);
    files.replace(FILE, StrictJson.render(new Kept(kept.uri(), experiment, kept.key(), id)));
    return state(id);
  }

  /** What the server has of it now. */
  State state(String id) throws IOException {
    return State.of(server.get("runs/get", Map.of("run_id", id)).path("run"));
  }

  private Optional<State> there(String id) throws IOException {
    try {
      JsonNode run = server.get("runs/get", Map.of("run_id", id)).path("run");
      return run.path("info").path("lifecycle_stage").asText().equals("deleted")
          ? Optional.empty()
          : Optional.of(State.of(run));
    } catch (MlflowException e) {
      if (e.isMissing()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Kept anew() {
    return new Kept(server.uri().toString(), experiment, UUID.randomUUID().toString(), "");
  }

  private Optional<Kept> kept() throws IOException {
    Optional<InputStream> file = files.open(FILE);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = file.get()) {
      String text = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
      return Optional.of(StrictJson.parse(text, Kept.class))
          .filter(kept -> kept.uri().equals(server.uri().toString()))
          .filter(kept -> kept.experiment().equals(experiment));
    } catch (IllegalArgumentException damaged) {
      return Optional.empty();
    }
  }

  private String experimentId() throws IOException {
    Optional<String> id = knownExperiment();
    if (id.isPresent()) {
      return id.get();
    }
    try {
      return server
          .post("experiments/create", new CreateExperiment(experiment))
          .path("experiment_id")
          .asText();
    } catch (MlflowException e) {
      if (!e.isThere()) {
        throw e;
      }
      return knownExperiment().orElseThrow(() -> e);
    }
  }

  private Optional<String> knownExperiment() throws IOException {
    try {
      JsonNode found =
          server
              .get("experiments/get-by-name", Map.of("experiment_name", experiment))
              .path("experiment");
      if (found.path("lifecycle_stage").asText().equals("deleted")) {
        throw new IOException(
            "its experiment \"%s\" (tracking.mlflow.experiment) is deleted; restore it, or name another"
                .formatted(experiment));
      }
      return Optional.of(found.path("experiment_id").asText());
    } catch (MlflowException e) {
      if (e.isMissing()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Optional<String> find(String experimentId, String key) throws IOException {
    JsonNode runs =
        server
            .post(
                "runs/search",
                new Search(List.of(experimentId), "tags.`" + KEY + "` = '" + key + "'", 1))
            .path("runs");
    return runs.isEmpty()
        ? Optional.empty()
        : Optional.of(runs.get(0).path("info").path("run_id").asText());
  }

  private String create(String experimentId, String key, RunStart start) throws IOException {
    List<Pair> tags = new ArrayList<>();
    tags.add(new Pair(KEY, key));
    tags.add(new Pair("cairn.output", Secrets.shown(start.output())));
    tags.add(new Pair("mlflow.source.name", "cairn"));
    tags.add(new Pair("mlflow.source.type", "JOB"));
    tags.add(new Pair("mlflow.user", System.getProperty("user.name", "")));
    return server
        .post("runs/create", new CreateRun(experimentId, start.name(), clock.millis(), tags))
        .path("run")
        .path("info")
        .path("run_id")
        .asText();
  }
}
