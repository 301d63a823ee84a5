/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.api.TrainingResult;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.plan.AskedPlan;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a model was trained. A model that was just fitted has one; it is not saved with the model.
 *
 * <p>Threading: immutable, safe everywhere.
 */
public final class CairnTrainingSummary {

  private final TrainingResult result;
  private final Duration time;

  /**
   * @param result of the training
   * @param time that the fit took, all of it
   */
  CairnTrainingSummary(TrainingResult result, Duration time) {
    // The model has the network's bytes.
    this.result =
        new TrainingResult(
            result.outcome(),
            result.plan(),
            new byte[0],
            Optional.empty(),
            result.history(),
            result.validations(),
            result.plans(),
            result.attempts(),
            result.output());
    this.time = time;
  }

  /**
   * The loss of each update, in order: the mean over its examples, with the regularisation score.
   */
  public double[] objectiveHistory() {
    return result.history().stream().mapToDouble(UpdateMetrics::loss).toArray();
  }

  /** How many updates were made. */
  public long totalIterations() {
    return result.history().size();
  }

  /** Everything that is known of each update, in order. */
  public List<UpdateMetrics> updates() {
    return result.history();
  }

  /** The validations, one an epoch, in order; empty where no rows are for validation. */
  public List<ValidationMetrics> validations() {
    return result.validations();
  }

  /** The updates as lines of JSON, as {@code metrics.jsonl} has them. */
  public String updatesJson() {
    return updates().stream().map(MetricsJson::write).collect(Collectors.joining("\n"));
  }

  /** The validations as lines of JSON, as {@code metrics.jsonl} has them. */
  public String validationsJson() {
    return validations().stream().map(MetricsJson::write).collect(Collectors.joining("\n"));
  }

  /** The batch plan, as params and session gave it. */
  public AskedPlan plan() {
    return result.plan();
  }

  /** Where another plan came in force on the way. */
  public List<PlanMetrics> planChanges() {
    return result.plans();
  }

  /** The attempts that it took, in order. */
  public List<PastAttempt> attempts() {
    return result.attempts();
  }

  /** How long the fit took, reading the data included, in milliseconds. */
  public long totalTimeMs() {
    return time.toMillis();
  }

  /** The directory of this fit's state; empty where {@code checkpointDir} is not set. */
  public Optional<String> checkpointDir() {
    return result.output();
  }
}
