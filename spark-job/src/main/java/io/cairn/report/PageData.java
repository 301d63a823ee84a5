/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.RunStatus;
import io.cairn.json.StrictJson;
import io.cairn.replica.ModelLayer;
import io.cairn.settings.Secrets;
import io.cairn.telemetry.NoiseScale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The numbers of a run as the page's script wants them.
 *
 * <p>What is secret is not shown ({@link Secrets}).
 *
 * <p>Threading: stateless.
 */
final class PageData {

  private static final ObjectMapper JSON = new ObjectMapper();

  private PageData() {}

  /** A run. */
  static Map<String, Object> of(RunStory run, String label) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("label", label);
    data.put("output", Secrets.shown(run.location()));
    data.put("name", run.status().map(RunStatus::name).orElse(label));
    data.put("state", run.status().map(status -> status.state().name()).orElse(null));
    data.put("reason", run.status().map(RunStatus::reason).map(Secrets::shown).orElse(""));
    data.put("updatedAt", run.status().map(status -> status.updatedAt().toString()).orElse(null));
    data.put("plan", plan(run));
    data.put("attempts", attempts(run));
    data.put("updates", updates(run.curves()));
    data.put("noise", noise(run));
    data.put("ranks", run.curves().ranks().data());
    data.put("validations", validations(run.curves()));
    data.put(
        "plans",
        run.curves().plans().stream()
            .map(
                plan ->
                    row(
                        "update",
                        plan.update(),
                        "plan",
                        plan.plan().toString(),
                        "reason",
                        plan.reason()))
            .toList());
    data.put("settings", pairs(run.settings()));
    data.put("environment", pairs(run.environment()));
    data.put("model", run.model().layers().stream().map(PageData::layer).toList());
    data.put("modelProblem", run.model().problem());
    data.put("evaluation", ClassResults.of(run.validation(), run.evaluation()));
    return data;
  }

  private static String plan(RunStory run) {
    return run.status().flatMap(status -> status.last().plan()).map(Object::toString).orElse("");
  }

  /** What the noise scale says about the effective batch; nothing where it was not measured. */
  private static String noise(RunStory run) {
    return run.status()
        .flatMap(status -> status.last().plan())
        .filter(plan -> run.curves().noiseScale().isPresent())
        .map(plan -> NoiseScale.advice(run.curves().noiseScale().getAsDouble(), plan.effective()))
        .orElse("");
  }

  private static List<Object> attempts(RunStory run) {
    List<Object> rows = new ArrayList<>();
    for (PastAttempt attempt : run.status().map(RunStatus::attempts).orElse(List.of())) {
      rows.add(
          row(
              "number",
              attempt.number(),
              "startedAt",
              attempt.startedAt().toString(),
              "endedAt",
              attempt.endedAt().map(Object::toString).orElse(null),
              "fromUpdate",
              attempt.fromUpdate(),
              "toUpdate",
              attempt.toUpdate(),
              "plan",
              attempt.plan().map(Object::toString).orElse(""),
              "cause",
              Secrets.shown(attempt.cause()),
              "endedBy",
              attempt.endedBy().name()));
    }
    return rows;
  }

  private static Map<String, Object> updates(Curves curves) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("count", curves.updates());
    data.put("some", curves.heard() == Curves.Heard.SOME);
    data.put("skipped", curves.skipped());
    data.put("perPoint", curves.perStretch());
    data.put("lastLoss", finite(curves.lastLoss()));
    data.put("totals", curves.totals());
    data.put("update", curves.lastUpdates());
    data.put("examples", curves.examplesSoFar());
    data.put(
        "seconds", Arrays.stream(curves.secondsSoFar()).mapToObj(PageData::shortened).toList());
    curves.curves().forEach((name, curve) -> data.put(name, thinned(curves, curve)));
    Map<String, Object> rates = new LinkedHashMap<>();
    curves.rates().forEach((group, curve) -> rates.put(group, thinned(curves, curve)));
    data.put("learningRates", rates);
    return data;
  }

  /** A curve's points. */
  private static Map<String, Object> thinned(Curves curves, Curve curve) {
    boolean isThinned = curves.perStretch() > 1;
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("mean", values(curves, isThinned, curve::mean));
    if (isThinned) {
      values.put("min", values(curves, true, curve::smallest));
      values.put("max", values(curves, true, curve::largest));
    }
    return values;
  }

  private static List<Double> values(Curves curves, boolean isThinned, IntToDoubleFunction of) {
    return IntStream.range(0, curves.stretches())
        .mapToObj(i -> isThinned ? shortened(of.applyAsDouble(i)) : finite(of.applyAsDouble(i)))
        .toList();
  }

  private static List<Object> validations(Curves curves) {
    List<Object> rows = new ArrayList<>();
    for (Curves.Validated validated : curves.validations()) {
      Map<String, Object> values = new LinkedHashMap<>();
      validated.metrics().values().forEach((name, value) -> values.put(name, finite(value)));
      rows.add(
          row(
              "update",
              validated.metrics().update(),
              "epoch",
              validated.metrics().epoch(),
              "examples",
              validated.examples(),
              "seconds",
              validated.seconds(),
              "values",
              values));
    }
    return rows;
  }

  private static Map<String, Object> layer(ModelLayer layer) {
    return row(
        "name",
        layer.name(),
        "kind",
        layer.kind(),
        "inputs",
        layer.inputs(),
        "outputs",
        layer.outputs(),
        "parameters",
        layer.parameters(),
        "activation",
        layer.activation());
  }

  /** A JSON object's leaves, by their path. */
  private static List<List<String>> pairs(Optional<String> json) {
    List<List<String>> pairs = new ArrayList<>();
    json.ifPresent(
        text ->
            StrictJson.leaves(
                parsed(text),
                (path, leaf) ->
                    pairs.add(List.of(path, Secrets.shown(path, StrictJson.text(leaf))))));
    return pairs;
  }

  static JsonNode parsed(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new NoRunException("a file of the run is not JSON: " + e.getOriginalMessage());
    }
  }

  static Map<String, Object> row(Object... namesAndValues) {
    Map<String, Object> row = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      row.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return row;
  }

  /** JSON has no other numbers; the page shows a gap. */
  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** Seven digits, which is more than a picture shows. */
  private static Double shortened(double value) {
    return Double.isFinite(value)
        ? (Double) Double.parseDouble(String.format(java.util.Locale.ROOT, "%.6e", value))
        : null;
  }
}
