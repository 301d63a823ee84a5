/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.NoiseSample;
import io.cairn.telemetry.NoiseScale;
import io.cairn.telemetry.Pause;
import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.RankMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.UpdateMetrics.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one update did, and how its time was spent on this rank.
 *
 * @param examples of all ranks
 * @param applied what became of their sum
 * @param totalNanos the whole update
 * @param computeNanos forward and backward passes
 * @param waitNanos waiting for the reading thread and for peers
 * @param reduceNanos moving and adding gradient sums
 * @param applyNanos checking, clipping, updating
 * @param pause what passed since the update before
 * @param decision what all ranks do next
 * @param loads what the passes of each rank took, by rank
 * @param replanned why micro-batches became smaller, for each time they did; usually empty
 */
record UpdateResult(
    long examples,
    Applied applied,
    long totalNanos,
    long computeNanos,
    long waitNanos,
    long reduceNanos,
    long applyNanos,
    Pause pause,
    ControlDecision decision,
    List<RankLoad> loads,
    List<String> replanned) {

  /**
   * What became of the sum of all ranks.
   *
   * @param loss mean loss an example, with the regularisation score
   * @param gradientNorm L2 norm of the mean gradient before clipping; NaN if it was not finite
   * @param rates the learning rates it was applied with
   * @param noise what it says about the gradient's noise; empty in updates that do not measure it
   * @param outcome whether it was applied
   */
  record Applied(
      double loss,
      double gradientNorm,
      Rates rates,
      Optional<NoiseSample> noise,
      Outcome outcome) {}

  /**
   * Learning rates of an update.
   *
   * @param rate the common one
   * @param byGroup by group of parameters; empty where there are no groups
   */
  record Rates(double rate, Map<String, Double> byGroup) {}

  UpdateResult {
    loads = List.copyOf(loads);
    replanned = List.copyOf(replanned);
  }

  /**
   * @param noise that of the updates up to this one, where it measures it
   * @param ranks what the ranks' passes took in the last updates, where that is told
   */
  UpdateMetrics metrics(
      long update, int epoch, Optional<NoiseScale.Smoothed> noise, Optional<RankMetrics> ranks) {
    return new UpdateMetrics(
        update,
        epoch,
        examples,
        applied.loss(),
        applied.rates().rate(),
        applied.rates().byGroup(),
        applied.gradientNorm(),
        examples * 1e9 / totalNanos,
        computeNanos / 1e6,
        waitNanos / 1e6,
        reduceNanos / 1e6,
        applyNanos / 1e6,
        pause,
        noise,
        ranks,
        applied.outcome(),
        0);
  }
}
