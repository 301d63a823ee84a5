/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import io.cairn.replica.ScoreHistogram;

/**
 * The areas under two curves, from the weights of positive and negative examples in the bins of
 * {@link ScoreHistogram}. Scores of one bin count as equal: both areas are off by no more than what
 * the order inside bins could change.
 *
 * <p>Threading: none of its own; the sums are the caller's.
 */
record Curves(ScoreHistogram histogram) {

  /** Scores are told apart that differ by a thousandth of their distance from 0 or 1. */
  static final Curves FINE = new Curves(ScoreHistogram.FINE);

  /** By a thirtieth, where there are many classes or labels. */
  static final Curves COARSE = new Curves(ScoreHistogram.COARSE);

  /** Bins of a score. */
  int bins() {
    return histogram.bins();
  }

  /** The bin of a score; what lies below 0 or above 1 counts as that. */
  int bin(double score) {
    return histogram.bin(score);
  }

  /**
   * The area under the ROC curve: how often a positive example scores higher than a negative one,
   * ties counted half. NaN where one of the two is missing.
   *
   * @param from where the positive examples' bins begin, which the negative ones' follow
   */
  double rocArea(ExactSums sums, int from) {
    double positives = 0;
    double negatives = 0;
    double area = 0;
    for (int bin = 0; bin < bins(); bin++) {
      double positive = sums.value(from + bin);
      double negative = sums.value(from + bins() + bin);
      area += positive * (negatives + negative / 2);
      positives += positive;
      negatives += negative;
    }
    return area / (positives * negatives);
  }

  /**
   * The average precision: the mean of the precision at each positive example, those of one bin
   * together, from the highest score down. Nothing is interpolated. NaN where there is no positive
   * example.
   */
  double averagePrecision(ExactSums sums, int from) {
    double positives = 0;
    double all = 0;
    double area = 0;
    for (int bin = bins() - 1; bin >= 0; bin--) {
      double positive = sums.value(from + bin);
      positives += positive;
      all += positive + sums.value(from + bins() + bin);
      area += positive == 0 ? 0 : positive * (positives / all);
    }
    return area / positives;
  }
}
