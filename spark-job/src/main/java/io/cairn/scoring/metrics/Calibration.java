/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether predictions are right as often as their probability says, in fifteen bins of that
 * probability, which are as wide as each other and hold their upper end. The expected calibration
 * error (Naeini et al., AAAI 2015) is the mean distance of the two, weighted by the bins' examples.
 *
 * <p>Threading: one thread.
 */
final class Calibration implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int BINS = 15;

  /** A bin: weight, weighted probability, weight of what is right. */
  private final ExactSums sums = new ExactSums(3 * BINS);

  void add(double probability, boolean right, double weight) {
    int bin = (int) Math.ceil(probability * BINS) - 1;
    int at = 3 * Math.max(0, Math.min(BINS - 1, bin));
    sums.add(at, weight);
    sums.addProduct(at + 1, weight, probability);
    if (right) {
      sums.add(at + 2, weight);
    }
  }

  void merge(Calibration other) {
    sums.merge(other.sums);
  }

  double error() {
    double error = 0;
    double all = 0;
    for (int bin = 0; bin < BINS; bin++) {
      error += Math.abs(sums.value(3 * bin + 2) - sums.value(3 * bin + 1));
      all += sums.value(3 * bin);
    }
    return error / all;
  }

  /** The bins that hold something. */
  List<Map<String, Object>> bins() {
    List<Map<String, Object>> bins = new ArrayList<>();
    for (int bin = 0; bin < BINS; bin++) {
      double weight = sums.value(3 * bin);
      if (weight > 0) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("above", (double) bin / BINS);
        one.put("upTo", (double) (bin + 1) / BINS);
        one.put("weight", Ratios.count(weight));
        one.put("meanProbability", sums.value(3 * bin + 1) / weight);
        one.put("accuracy", sums.value(3 * bin + 2) / weight);
        bins.add(one);
      }
    }
    return bins;
  }
}
