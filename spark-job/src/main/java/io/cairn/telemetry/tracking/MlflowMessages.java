/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What is sent to an MLflow server, by its own names.
 *
 * <p>Threading: stateless.
 */
final class MlflowMessages {

  private MlflowMessages() {}

  record CreateExperiment(String name) {}

  record CreateRun(
      @JsonProperty("experiment_id") String experiment,
      @JsonProperty("run_name") String name,
      @JsonProperty("start_time") long startMs,
      List<Pair> tags) {}

  /** A tag or a parameter. */
  record Pair(String key, String value) {}

  /** A value of a curve; what is no number is written as a text, which the server takes. */
  record Point(String key, double value, long timestamp, long step) {}

  record Search(
      @JsonProperty("experiment_ids") List<String> experiments,
      String filter,
      @JsonProperty("max_results") int most) {}

  record LogBatch(
      @JsonProperty("run_id") String run, List<Point> metrics, List<Pair> params, List<Pair> tags) {

    static LogBatch metrics(String run, List<Point> points) {
      return new LogBatch(run, points, List.of(), List.of());
    }
  }

  record UpdateRun(
      @JsonProperty("run_id") String run,
      String status,
      @JsonProperty("end_time") @JsonInclude(JsonInclude.Include.NON_NULL) Long endMs) {}
}
