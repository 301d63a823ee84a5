/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/**
 * Counts the scores of positive and of negative examples in narrow bins, from which the area under
 * the ROC curve is computed. Counts of bins can be added exactly over batches and ranks; sorted
 * scores could not.
 *
 * <p>Scores are probabilities, and those that matter lie near 0 and near 1. So the width of a bin
 * is a fixed share of the score's distance from the nearer end. Each halving of that distance, of
 * which there are 30, is cut into {@code binsAnOctave} bins. Scores in the same bin count as equal,
 * a half each; the area has no other error.
 *
 * <p>Threading: none of its own; the bins lie in the caller's array.
 *
 * @param binsAnOctave a power of two
 */
public record ScoreHistogram(int binsAnOctave) {

  private static final int OCTAVES = 30;
  private static final int MANTISSA_BITS = 52;
  private static final long SMALLEST_EXPONENT = 1023 - (OCTAVES + 1);

  /** Of one label: scores are told apart that differ by a thousandth. */
  public static final ScoreHistogram FINE = new ScoreHistogram(1024);

  /** Of one label among many: by a thirtieth, so that a thousand labels take no more than 30 MB. */
  public static final ScoreHistogram COARSE = new ScoreHistogram(32);

  public ScoreHistogram {
    if (Integer.bitCount(binsAnOctave) != 1) {
      throw new IllegalArgumentException(binsAnOctave + " bins an octave are no power of two");
    }
  }

  /** Number of bins. */
  public int bins() {
    return 2 * middle() + 1;
  }

  /** The bin of the score 0.5. */
  private int middle() {
    return 1 + OCTAVES * binsAnOctave;
  }

  /** The bin of a score; what lies below 0 or above 1 counts as that. */
  public int bin(double score) {
    return score <= 0.5 ? fromEnd(score) : 2 * middle() - fromEnd(1 - score);
  }

  /** How many bins lie between the end and a distance from it, of at most 0.5. */
  private int fromEnd(double distance) {
    if (!(distance >= 0x1p-31)) {
      return 0;
    }
    int bits = Integer.numberOfTrailingZeros(binsAnOctave);
    long place = Double.doubleToRawLongBits(distance) >>> (MANTISSA_BITS - bits);
    return 1 + (int) (place - (SMALLEST_EXPONENT << bits));
  }

  /**
   * The area under the ROC curve: how often a positive example scores higher than a negative one,
   * ties counted half. NaN where one of the two is missing.
   *
   * @param weights of the positive examples' bins from {@code from} on, then of the negative ones'
   */
  double area(double[] weights, int from) {
    int bins = bins();
    double positives = 0;
    double negatives = 0;
    double area = 0;
    for (int bin = 0; bin < bins; bin++) {
      double positive = weights[from + bin];
      double negative = weights[from + bins + bin];
      area += positive * (negatives + negative / 2);
      positives += positive;
      negatives += negative;
    }
    return area / (positives * negatives);
  }
}
