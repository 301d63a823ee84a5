/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.UpdateMetrics.Outcome;
import java.util.List;

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
 * @param decision what all ranks do next
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
    ControlDecision decision,
    List<String> replanned) {

  /**
   * What became of the sum of all ranks.
   *
   * @param loss mean loss an example, with the regularisation score
   * @param gradientNorm L2 norm of the mean gradient before clipping; NaN if it was not finite
   * @param learningRate the rate it was applied with
   * @param outcome whether it was applied
   */
  record Applied(double loss, double gradientNorm, double learningRate, Outcome outcome) {}

  UpdateResult {
    replanned = List.copyOf(replanned);
  }

  UpdateMetrics metrics(long update, int epoch) {
    return new UpdateMetrics(
        update,
        epoch,
        examples,
        applied.loss(),
        applied.learningRate(),
        applied.gradientNorm(),
        examples * 1e9 / totalNanos,
        computeNanos / 1e6,
        waitNanos / 1e6,
        reduceNanos / 1e6,
        applyNanos / 1e6,
        applied.outcome());
  }
}
