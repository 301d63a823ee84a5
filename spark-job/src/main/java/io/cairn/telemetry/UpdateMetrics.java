/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One update, as {@code metrics.jsonl} and the progress display show it.
 *
 * @param update number of the update, from 1
 * @param epoch the epoch it belongs to, from 1
 * @param examples examples that entered it, over all ranks
 * @param loss mean loss an example, by their weights if they have any, with the regularisation
 *     score
 * @param learningRate the rate it was applied with
 * @param learningRates the rates by group of parameters; empty where there are no groups
 * @param gradientNorm L2 norm of the mean gradient before clipping
 * @param examplesPerSecond over all ranks, waiting included
 * @param computeMs forward and backward passes of rank 0
 * @param waitMs rank 0's wait for its peers
 * @param reduceMs moving and adding gradient sums
 * @param applyMs clipping and the updater
 * @param pause what passed on rank 0 since the update before
 * @param noise the gradient noise scale, in updates that measure it
 * @param ranks what the ranks' passes took, every few seconds
 * @param outcome whether it was applied
 * @param atMs when it was, milliseconds of the epoch; 0 if that was not noted
 */
public record UpdateMetrics(
    long update,
    int epoch,
    long examples,
    double loss,
    double learningRate,
    Map<String, Double> learningRates,
    double gradientNorm,
    double examplesPerSecond,
    double computeMs,
    double waitMs,
    double reduceMs,
    double applyMs,
    Pause pause,
    Optional<NoiseScale.Smoothed> noise,
    Optional<RankMetrics> ranks,
    Outcome outcome,
    long atMs) {

  public UpdateMetrics {
    learningRates = learningRates.isEmpty() ? Map.of() : new LinkedHashMap<>(learningRates);
  }

  /** An update with one learning rate, without what is measured now and then. */
  public UpdateMetrics(
      long update,
      int epoch,
      long examples,
      double loss,
      double learningRate,
      double gradientNorm,
      double examplesPerSecond,
      double computeMs,
      double waitMs,
      double reduceMs,
      double applyMs,
      Outcome outcome) {
    this(
        update,
        epoch,
        examples,
        loss,
        learningRate,
        Map.of(),
        gradientNorm,
        examplesPerSecond,
        computeMs,
        waitMs,
        reduceMs,
        applyMs,
        Pause.NONE,
        Optional.empty(),
        Optional.empty(),
        outcome,
        0);
  }

  /** The same, with the time at which it was made. */
  UpdateMetrics at(long epochMs) {
    return new UpdateMetrics(
        update,
        epoch,
        examples,
        loss,
        learningRate,
        learningRates,
        gradientNorm,
        examplesPerSecond,
        computeMs,
        waitMs,
        reduceMs,
        applyMs,
        pause,
        noise,
        ranks,
        outcome,
        epochMs);
  }

  /** All that it took, with the pause before it. */
  public double milliseconds() {
    return pause.betweenMs() + computeMs + waitMs + reduceMs + applyMs;
  }

  /** What became of an update. */
  public enum Outcome {
    /** The parameters changed. */
    APPLIED,
    /** A gradient was not finite, and the run skips such updates; or no example had a weight. */
    SKIPPED
  }
}
