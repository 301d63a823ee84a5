/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import io.cairn.checkpoint.PastAttempt;
import io.cairn.launch.Outcome;
import io.cairn.plan.AskedPlan;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;

/**
 * A finished run.
 *
 * <p>Threading: immutable, safe everywhere; each call of {@link #network} reads a network of its
 * own.
 *
 * @param outcome {@link Outcome.Succeeded}, or {@link Outcome.NothingToDo} where the output held
 *     the finished run already
 * @param plan the batch plan that was asked for
 * @param modelZip the model with its updater, as plain Deeplearning4j reads it ({@code
 *     MultiLayerNetwork.load}); a scaling of inputs lies beside it, as {@code normalizer.bin}
 * @param history the loss and the times of each update, in order
 * @param validations the measures of each validation, in order
 * @param plans where another plan came in force on the way
 * @param attempts what it took
 * @param output the run's directory; empty where none was given
 */
public record TrainingResult(
    Outcome outcome,
    AskedPlan plan,
    byte[] modelZip,
    List<UpdateMetrics> history,
    List<ValidationMetrics> validations,
    List<PlanMetrics> plans,
    List<PastAttempt> attempts,
    Optional<String> output) {

  public TrainingResult {
    history = List.copyOf(history);
    validations = List.copyOf(validations);
    plans = List.copyOf(plans);
    attempts = List.copyOf(attempts);
  }

  /**
   * The model, ready for use: a {@link MultiLayerNetwork} or a {@link ComputationGraph}. It takes
   * inputs as the run's model did, scaled where the run scaled them.
   */
  public Model network() {
    try {
      return isGraph()
          ? ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(modelZip), true)
          : ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(modelZip), true);
    } catch (IOException e) {
      throw new UncheckedIOException("the model that was just written cannot be read", e);
    }
  }

  private boolean isGraph() throws IOException {
    return GivenModel.configuration(modelZip).contains("\"vertices\"");
  }
}
