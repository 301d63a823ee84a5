/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;

/**
 * How often the classes of one output are taken for each other, and whether predictions are right
 * as often as their probability says, in fifteen bins of that probability, which are as wide as
 * each other and hold their upper end. The expected calibration error (Naeini et al., AAAI 2015) is
 * the mean distance of the two, weighted by the bins' examples.
 *
 * <p>All of it are sums of weights in float64, which add up over batches and ranks: exact up to
 * 2^53 where examples have no weights.
 *
 * <p>Threading: one thread.
 */
public final class ClassTable {

  /** Above this a table of all pairs of classes is of no use, and large. */
  private static final int MOST_IN_A_TABLE = 200;

  private static final int BINS = 15;

  private final int classes;
  private final Outputs outputs;
  private final int bins;

  /** What could not be counted; of each pair of classes; of each bin three. */
  private final double[] sums;

  /** What the outputs of a row are. */
  public enum Outputs {
    /** The probability of each class, or, as the only value, of the second of two. */
    PROBABILITIES,
    /** A value for each class; the largest is that of the predicted one. */
    VALUES
  }

  /**
   * Predictions with a probability within a bin.
   *
   * @param above the bin's lower end
   * @param upTo its upper end
   * @param weight of the examples
   * @param meanProbability of the predicted class
   * @param accuracy the share of the weight that is right
   */
  public record Bin(
      double above, double upTo, double weight, double meanProbability, double accuracy) {}

  /**
   * Nothing counted yet.
   *
   * @param classes how many there are, at least 2
   */
  public ClassTable(int classes, Outputs outputs) {
    if (classes < 2) {
      throw new IllegalArgumentException("classes must be at least 2, not " + classes);
    }
    this.classes = classes;
    this.outputs = outputs;
    this.bins = 1 + (classes <= MOST_IN_A_TABLE ? classes * classes : 0);
    this.sums = new double[bins + (outputs == Outputs.PROBABILITIES ? 3 * BINS : 0)];
  }

  /**
   * Counts a row.
   *
   * @param values hold those of the row
   * @param at where they begin
   * @param columns how many they are: one a class, or 1 of two classes
   * @param right the index of the right class
   */
  void add(double[] values, int at, int columns, int right, double weight) {
    for (int i = 0; i < columns; i++) {
      if (!Double.isFinite(values[at + i])) {
        sums[0] += weight;
        return;
      }
    }
    int found = columns > 1 ? largest(values, at, columns) : values[at] > 0.5 ? 1 : 0;
    if (hasPairs()) {
      sums[1 + right * classes + found] += weight;
    }
    if (outputs == Outputs.PROBABILITIES) {
      double ofSecond = values[at];
      double probability = columns > 1 ? values[at + found] : found == 1 ? ofSecond : 1 - ofSecond;
      int bin = Math.max(0, Math.min(BINS - 1, (int) Math.ceil(probability * BINS) - 1));
      sums[bins + 3 * bin] += weight;
      sums[bins + 3 * bin + 1] += weight * probability;
      sums[bins + 3 * bin + 2] += found == right ? weight : 0;
    }
  }

  /** The first of the largest. */
  private static int largest(double[] values, int at, int columns) {
    int best = 0;
    for (int i = 1; i < columns; i++) {
      best = values[at + i] > values[at + best] ? i : best;
    }
    return best;
  }

  /** The numbers that add up over ranks: the memory itself. */
  double[] sums() {
    return sums;
  }

  /** How many classes there are. */
  public int classes() {
    return classes;
  }

  /** Whether pairs of classes are counted; not where there are very many. */
  public boolean hasPairs() {
    return bins > 1;
  }

  /** The weight of what is of a class and was taken for another, or for itself. */
  public double taken(int right, int found) {
    return sums[1 + right * classes + found];
  }

  /** The weight of rows that are counted nowhere, because an output is NaN or infinite. */
  public double notFinite() {
    return sums[0];
  }

  /** The bins that hold something; empty where outputs are no probabilities. */
  public List<Bin> calibration() {
    List<Bin> some = new ArrayList<>();
    for (int bin = 0; bins + 3 * bin < sums.length; bin++) {
      double weight = sums[bins + 3 * bin];
      if (weight > 0) {
        some.add(
            new Bin(
                (double) bin / BINS,
                (double) (bin + 1) / BINS,
                weight,
                sums[bins + 3 * bin + 1] / weight,
                sums[bins + 3 * bin + 2] / weight));
      }
    }
    return some;
  }

  /** The expected calibration error; NaN of nothing. */
  public double calibrationError() {
    double error = 0;
    double all = 0;
    for (Bin bin : calibration()) {
      error += bin.weight() * Math.abs(bin.accuracy() - bin.meanProbability());
      all += bin.weight();
    }
    return error / all;
  }
}
