/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import java.util.List;
import java.util.Map;

/**
 * Means and shares, always added up in the same order.
 *
 * <p>Threading: stateless.
 */
final class Ratios {

  private Ratios() {}

  /** A share; 0 of nothing. */
  static double of(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }

  /** A sum of weights: a whole number where examples have none. */
  static Number count(double weight) {
    long whole = (long) weight;
    if (whole == weight) {
      return whole;
    }
    return weight;
  }

  /** The mean of some numbers; NaN of none. */
  static double mean(List<Double> numbers) {
    double sum = 0;
    for (double number : numbers) {
      sum += number;
    }
    return sum / numbers.size();
  }

  /** The mean of those that are numbers; NaN of none. */
  static double meanOfNumbers(List<Map<String, Object>> rows, String name) {
    return mean(
        rows.stream().map(row -> (Double) row.get(name)).filter(it -> !it.isNaN()).toList());
  }
}
