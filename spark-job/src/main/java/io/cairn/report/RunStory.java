/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunStatus;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelLayer;
import io.cairn.replica.ModelLayers;
import io.cairn.telemetry.MetricsJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that the files of a run tell, at any moment of its life.
 *
 * <p>Threading: immutable once read.
 *
 * @param location the run's directory
 * @param status how it stands, if that is known
 * @param curves its measures
 * @param settings its {@code settings.json}
 * @param environment its {@code environment.json}
 * @param validation its {@code validation.json}
 * @param evaluation its {@code evaluation.json}
 * @param model its layers
 */
record RunStory(
    String location,
    Optional<RunStatus> status,
    Curves curves,
    Optional<String> settings,
    Optional<String> environment,
    Optional<String> validation,
    Optional<String> evaluation,
    Layers model) {

  /**
   * A model's layers.
   *
   * @param layers empty before there is a model
   * @param problem why they cannot be told; empty if they can
   */
  record Layers(List<ModelLayer> layers, String problem) {}

  /**
   * Reads it.
   *
   * @param hadoop Hadoop settings on top of those on the class path
   * @throws NoRunException if there is no run
   */
  static RunStory read(String output, Map<String, String> hadoop) throws IOException {
    RunDirectory directory = RunDirectory.open(output, hadoop);
    Optional<RunStatus> status = directory.status();
    Optional<String> settings = directory.settings();
    Optional<InputStream> metrics = directory.openMetrics();
    if (settings.isEmpty() || (status.isEmpty() && metrics.isEmpty())) {
      throw new NoRunException(
          "%s holds no run: it has no %s"
              .formatted(output, settings.isEmpty() ? "settings.json" : "STATUS.json"));
    }
    Curves curves = new Curves();
    if (metrics.isPresent()) {
      read(metrics.get(), curves, output);
    }
    return new RunStory(
        directory.location(),
        status,
        curves,
        settings,
        directory.environment(),
        directory.validation(),
        directory.evaluation(),
        layers(directory));
  }

  private static void read(InputStream metrics, Curves curves, String output) throws IOException {
    try (metrics;
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(metrics, StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      for (long number = 1; line != null; number++) {
        String next = lines.readLine();
        try {
          MetricsJson.read(line, curves);
        } catch (IllegalArgumentException e) {
          // A run that is under way may be writing its last line.
          if (next != null) {
            throw new NoRunException(
                "%s/metrics.jsonl, line %d is no line of metrics: %s"
                    .formatted(output, number, e.getMessage()));
          }
        }
        line = next;
      }
    }
  }

  /**
   * The model may have layers of a class that this program has not; the rest is told all the same.
   */
  private static Layers layers(RunDirectory directory) throws IOException {
    Optional<InputStream> model = directory.openModel();
    if (model.isEmpty()) {
      return new Layers(List.of(), "");
    }
    try (InputStream in = model.get()) {
      return new Layers(ModelLayers.of(in), "");
    } catch (ModelException e) {
      return new Layers(List.of(), e.getMessage());
    }
  }
}
