/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An MLflow server as far as trackers need one, with the faults that a real one has. Requests are
 * answered one at a time.
 *
 * <p>Who starts it closes it. Threading: safe everywhere.
 */
final class FakeMlflow implements AutoCloseable {

  /** What it does with a request. */
  enum Mood {
    /** What it is asked to. */
    WELL,
    /** Nothing, with an answer of 500. */
    BROKEN,
    /** What it is asked to, without an answer. */
    MUTE
  }

  /** A run. */
  static final class Run {
    String status = "RUNNING";
    String name = "";
    String stage = "active";
    final Map<String, List<Long>> steps = new TreeMap<>();
    final Map<String, String> params = new LinkedHashMap<>();
    final Map<String, String> tags = new LinkedHashMap<>();
    final Map<String, byte[]> artifacts = new TreeMap<>();
    final List<Integer> batches = new ArrayList<>();
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  final Map<String, String> experiments = new LinkedHashMap<>();
  final Map<String, Run> runs = new LinkedHashMap<>();
  final List<String> authorizations = new ArrayList<>();
  private Mood mood = Mood.WELL;
  private int requests;

  private FakeMlflow(HttpServer server) {
    this.server = server;
  }

  /** Starts one on a free port, or on one that had been given to another. */
  static FakeMlflow start(int port) throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    FakeMlflow fake = new FakeMlflow(http);
    http.createContext("/", fake::handle);
    http.setExecutor(fake.thread);
    http.start();
    return fake;
  }

  int port() {
    return server.getAddress().getPort();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port());
  }

  synchronized void be(Mood next) {
    mood = next;
    requests = 0;
  }

  /** Waits until it has refused or ignored so many requests in its present mood. */
  synchronized void awaitRequests(int number) throws InterruptedException {
    while (requests < number) {
      wait();
    }
  }

  synchronized void awaitStep(long step) throws InterruptedException {
    while (runs.values().stream().noneMatch(run -> last(run, "loss") >= step)) {
      wait();
    }
  }

  synchronized Run only() {
    if (runs.size() != 1) {
      throw new AssertionError(runs.size() + " runs");
    }
    return runs.values().iterator().next();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      int status;
      byte[] answer;
      synchronized (this) {
        requests++;
        authorizations.add(
            Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("Authorization"), ""));
        status = mood == Mood.BROKEN ? 500 : 200;
        answer = "{}".getBytes(StandardCharsets.UTF_8);
        if (mood != Mood.BROKEN) {
          try {
            answer = JSON.writeValueAsBytes(answer(exchange, body));
          } catch (Refusal refusal) {
            status = refusal.status;
            answer = JSON.writeValueAsBytes(refusal.body());
          }
        }
        notifyAll();
        if (mood == Mood.MUTE) {
          return;
        }
      }
      exchange.sendResponseHeaders(status, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private Object answer(HttpExchange exchange, byte[] body) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (path.startsWith("/api/2.0/mlflow-artifacts/artifacts/")) {
      String[] parts = path.substring("/api/2.0/mlflow-artifacts/artifacts/".length()).split("/");
      run(parts[1]).artifacts.put(parts[3], body);
      return Map.of();
    }
    JsonNode json = body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
    return switch (path.substring("/api/2.0/mlflow/".length())) {
      case "experiments/get-by-name" -> {
        String name = query(exchange, "experiment_name");
        if (!experiments.containsKey(name)) {
          throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "no experiment " + name);
        }
        yield Map.of(
            "experiment",
            Map.of("experiment_id", experiments.get(name), "lifecycle_stage", "active"));
      }
      case "experiments/create" -> {
        String id = String.valueOf(experiments.size() + 1);
        experiments.put(json.path("name").asText(), id);
        yield Map.of("experiment_id", id);
      }
      case "runs/create" -> {
        Run run = new Run();
        run.name = json.path("run_name").asText();
        addAll(json.path("tags"), run.tags);
        String id = "run" + (runs.size() + 1);
        runs.put(id, run);
        yield Map.of("run", describe(id));
      }
      case "runs/search" ->
          Map.of(
              "runs",
              runs.entrySet().stream()
                  .filter(
                      run ->
                          json.path("filter")
                              .asText()
                              .contains(run.getValue().tags.get("cairn.run")))
                  .map(run -> describe(run.getKey()))
                  .toList());
      case "runs/get" -> Map.of("run", describe(query(exchange, "run_id")));
      case "runs/update" -> {
        run(json.path("run_id").asText()).status = json.path("status").asText();
        yield Map.of();
      }
      case "runs/log-batch" -> {
        log(run(json.path("run_id").asText()), json);
        yield Map.of();
      }
      default -> throw new Refusal(404, "ENDPOINT_NOT_FOUND", path);
    };
  }

  private static void log(Run run, JsonNode batch) {
    int values = batch.path("metrics").size();
    if (values > 1_000 || batch.path("params").size() > 100) {
      throw new Refusal(400, "INVALID_PARAMETER_VALUE", values + " values are too many");
    }
    if (values > 0) {
      run.batches.add(values);
    }
    for (JsonNode point : batch.path("metrics")) {
      run.steps
          .computeIfAbsent(point.path("key").asText(), key -> new ArrayList<>())
          .add(point.path("step").asLong());
    }
    for (JsonNode param : batch.path("params")) {
      String before = run.params.putIfAbsent(param.path("key").asText(), text(param));
      if (before != null && !before.equals(text(param))) {
        throw new Refusal(400, "INVALID_PARAMETER_VALUE", "parameters never change");
      }
    }
    addAll(batch.path("tags"), run.tags);
  }

  private static void addAll(JsonNode pairs, Map<String, String> to) {
    pairs.forEach(pair -> to.put(pair.path("key").asText(), text(pair)));
  }

  private static String text(JsonNode pair) {
    return pair.path("value").asText();
  }

  private Run run(String id) {
    if (!runs.containsKey(id)) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "no run " + id);
    }
    return runs.get(id);
  }

  private Map<String, Object> describe(String id) {
    Run run = run(id);
    List<Map<String, Object>> metrics =
        run.steps.keySet().stream()
            .map(key -> Map.<String, Object>of("key", key, "step", last(run, key)))
            .toList();
    return Map.of(
        "info",
        Map.of(
            "run_id",
            id,
            "status",
            run.status,
            "lifecycle_stage",
            run.stage,
            "artifact_uri",
            "mlflow-artifacts:/1/" + id + "/artifacts"),
        "data",
        Map.of("metrics", metrics, "params", pairs(run.params), "tags", pairs(run.tags)));
  }

  private static List<Map<String, String>> pairs(Map<String, String> from) {
    return from.entrySet().stream()
        .map(it -> Map.of("key", it.getKey(), "value", it.getValue()))
        .toList();
  }

  private static long last(Run run, String key) {
    return run.steps.getOrDefault(key, List.of()).stream().mapToLong(it -> it).max().orElse(0);
  }

  private static String query(HttpExchange exchange, String name) {
    for (String pair : exchange.getRequestURI().getRawQuery().split("&")) {
      if (pair.startsWith(name + "=")) {
        return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
      }
    }
    throw new Refusal(400, "INVALID_PARAMETER_VALUE", name + " is missing");
  }

  @Override
  public void close() {
    server.stop(0);
    thread.shutdownNow();
  }

  /** An answer that is an error. */
  private static final class Refusal extends UncheckedIOException {
    private static final long serialVersionUID = 1L;
    final int status;
    private final String code;

    Refusal(int status, String code, String message) {
      super(new IOException(message));
      this.status = status;
      this.code = code;
    }

    Map<String, String> body() {
      return Map.of("error_code", code, "message", getCause().getMessage());
    }
  }
}
