/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Optional;

/**
 * What one update says about the noise in its gradient. Both numbers are unbiased estimates, so a
 * single one may be far off, and even below zero.
 *
 * @param gradientSquared |G|^2: the squared length of the true gradient of an example's loss
 * @param variance tr(Sigma): the variance of one example's gradient, summed over all parameters
 */
public record NoiseSample(double gradientSquared, double variance) {

  /**
   * From the gradient sums of some parts of a batch, and of all of it. A sum over n examples has an
   * expected square of {@code n^2 |G|^2 + n tr(Sigma)}; the parts' squares, added, and the square
   * of the whole are two equations of that kind. With parts of one size this is appendix A.1 of
   * McCandlish et al., "An Empirical Model of Large-Batch Training" (2018).
   *
   * @param partSquares the squared lengths of the parts' sums, added
   * @param squaredCounts the squared numbers of the parts' examples, added
   * @param square the squared length of the sum of all
   * @param examples how many there are in all
   * @return empty if the parts are one, which says nothing
   */
  public static Optional<NoiseSample> of(
      double partSquares, long squaredCounts, double square, long examples) {
    double pairs = (double) examples * examples - squaredCounts;
    if (!(pairs > 0) || squaredCounts == 0 || !Double.isFinite(square + partSquares)) {
      return Optional.empty();
    }
    double gradientSquared = (square - partSquares) / pairs;
    double variance = (partSquares - squaredCounts * gradientSquared) / examples;
    return Optional.of(new NoiseSample(gradientSquared, variance));
  }
}
