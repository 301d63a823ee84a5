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
 * <p>Threading: immutable, safe everywhere; each call of {@link #network} or {@link #bestNetwork}
 * reads a network of its own.
 *
 * @param outcome {@link Outcome.Succeeded}, or {@link Outcome.NothingToDo} where the output held
 *     the finished run already
 * @param plan the batch plan that was asked for
 * @param modelZip the model after the last update, with its updater, as plain Deeplearning4j reads
 *     it ({@code MultiLayerNetwork.load}); a scaling of inputs lies beside it, as {@code
 *     normalizer.bin}
 * @param bestModelZip the model of the best validation, in the same form, where {@code
 *     train.early-stopping} watched one
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
    Optional<byte[]> bestModelZip,
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
    return network(modelZip);
  }

  /** The same of the best validation's model, where {@code train.early-stopping} watched one. */
  public Optional<Model> bestNetwork() {
    return bestModelZip.map(TrainingResult::network);
  }

  private static Model network(byte[] zip) {
    try {
      return GivenModel.configuration(zip).contains("\"vertices\"")
          ? ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(zip), true)
          : ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(zip), true);
    } catch (IOException e) {
      throw new UncheckedIOException("the model that was just written cannot be read", e);
    }
  }
}
