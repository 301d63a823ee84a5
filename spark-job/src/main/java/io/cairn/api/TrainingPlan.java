/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import io.cairn.launch.Inspection;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.ComputeThreads;
import io.cairn.plan.Estimate;
import io.cairn.replica.LayerRow;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What a job would do and take, found out from its settings, model and data, before it costs
 * anything.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name the run's name
 * @param output its directory
 * @param batch workers, micro-batch, and the steps of each epoch
 * @param threads micro-batches that a worker computes side by side
 * @param trainExamples examples to train on
 * @param validationExamples examples to validate with, 0 for none
 * @param updates of the whole run
 * @param epochs of the whole run, the last of which may be cut short
 * @param parameters of the model
 * @param layers of the model, each with its shape
 * @param bytesPerValue 4 (float32) or 8 (float64)
 * @param estimate memory and traffic
 * @param rounding whether gradient sums are rounded on the way
 * @param notesOnBatch what was said of the batch and has no effect, a sentence each
 * @param notesOnModel what a user should know of the model, a sentence each
 * @param notesOnData of the data, and of how it goes together with the model
 * @param selfCheck what trying the model's gradients found; empty where it is not wanted
 * @param notesOnStatistics what depends on how examples fall into micro-batches
 */
public record TrainingPlan(
    String name,
    String output,
    AskedPlan batch,
    ComputeThreads threads,
    long trainExamples,
    long validationExamples,
    long updates,
    long epochs,
    long parameters,
    List<LayerRow> layers,
    int bytesPerValue,
    Estimate estimate,
    Rounding rounding,
    List<String> notesOnBatch,
    List<String> notesOnModel,
    List<String> notesOnData,
    Optional<String> selfCheck,
    List<String> notesOnStatistics) {

  /** Whether gradient sums are rounded on the way. */
  public enum Rounding {
    /** Those that are large enough for it. */
    BF16,
    /** None. */
    NONE
  }

  public TrainingPlan {
    layers = List.copyOf(layers);
    notesOnBatch = List.copyOf(notesOnBatch);
    notesOnModel = List.copyOf(notesOnModel);
    notesOnData = List.copyOf(notesOnData);
    notesOnStatistics = List.copyOf(notesOnStatistics);
  }

  static TrainingPlan of(Inspection inspection) throws IOException, InterruptedException {
    return new TrainingPlan(
        inspection.settings().name(),
        inspection.settings().output(),
        inspection.plan(),
        inspection.threads(),
        inspection.data().info().trainExamples(),
        inspection.data().info().validationExamples(),
        inspection.updates(),
        inspection.epochs(),
        inspection.model().parameterCount(),
        inspection.layers(),
        inspection.model().bytesPerValue(),
        inspection.estimate(),
        inspection.roundsGradients() ? Rounding.BF16 : Rounding.NONE,
        inspection.notes().onBatch(),
        inspection.notes().onModel(),
        inspection.notes().onData(),
        inspection.selfCheck(),
        inspection.notes().onStatistics());
  }
}
