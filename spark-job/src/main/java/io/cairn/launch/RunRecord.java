/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunStatus;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a finished run has left in its directory.
 *
 * <p>Threading: immutable but for the model's bytes, which are the caller's.
 *
 * @param modelZip the model
 * @param bestModelZip the one of the best validation, where one was watched
 * @param history every update, in order
 * @param validations every validation, in order
 * @param plans every change of plan, in order
 * @param attempts what it took
 */
public record RunRecord(
    byte[] modelZip,
    Optional<byte[]> bestModelZip,
    List<UpdateMetrics> history,
    List<ValidationMetrics> validations,
    List<PlanMetrics> plans,
    List<PastAttempt> attempts) {

  public RunRecord {
    history = List.copyOf(history);
    validations = List.copyOf(validations);
    plans = List.copyOf(plans);
    attempts = List.copyOf(attempts);
  }

  /**
   * Reads it.
   *
   * @param hadoop as {@link SparkSource#hadoop}
   */
  public static RunRecord read(String output, Map<String, String> hadoop) throws IOException {
    RunDirectory directory = RunDirectory.open(output, hadoop);
    Collected metrics = new Collected();
    MetricsJson.readAll(required(directory.openMetrics(), output), line -> true, metrics);
    try (InputStream model = required(directory.openModel(), output)) {
      return new RunRecord(
          model.readAllBytes(),
          best(directory),
          metrics.history,
          metrics.validations,
          metrics.plans,
          directory.status().map(RunStatus::attempts).orElse(List.of()));
    }
  }

  private static Optional<byte[]> best(RunDirectory directory) throws IOException {
    Optional<InputStream> best = directory.openBestModel();
    if (best.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = best.get()) {
      return Optional.of(in.readAllBytes());
    }
  }

  private static InputStream required(Optional<InputStream> file, String output)
      throws FileNotFoundException {
    return file.orElseThrow(
        () -> new FileNotFoundException("the finished run in " + output + " lacks a file"));
  }

  private static final class Collected implements MetricsSink {
    private final List<UpdateMetrics> history = new ArrayList<>();
    private final List<ValidationMetrics> validations = new ArrayList<>();
    private final List<PlanMetrics> plans = new ArrayList<>();

    @Override
    public void step(UpdateMetrics step) {
      history.add(step);
    }

    @Override
    public void validation(ValidationMetrics validation) {
      validations.add(validation);
    }

    @Override
    public void plan(PlanMetrics plan) {
      plans.add(plan);
    }

    @Override
    public void close() {}
  }
}
