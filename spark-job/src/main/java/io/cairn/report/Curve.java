/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import java.util.Arrays;

/**
 * The values of one measure over a run, thinned: of each stretch of updates the mean of the finite
 * values, the smallest and the largest.
 *
 * <p>Threading: one thread.
 */
final class Curve {

  private final double[] sums;
  private final long[] counts;
  private final double[] smallest;
  private final double[] largest;

  Curve(int stretches) {
    sums = new double[stretches];
    counts = new long[stretches];
    smallest = new double[stretches];
    largest = new double[stretches];
    Arrays.fill(smallest, Double.POSITIVE_INFINITY);
    Arrays.fill(largest, Double.NEGATIVE_INFINITY);
  }

  /** Counts a value of a stretch; one that is not finite is in no curve. */
  void add(int stretch, double value) {
    if (Double.isFinite(value)) {
      sums[stretch] += value;
      counts[stretch]++;
      smallest[stretch] = Math.min(smallest[stretch], value);
      largest[stretch] = Math.max(largest[stretch], value);
    }
  }

  /** Joins each two neighbours; the upper half is empty then. */
  void join() {
    int half = sums.length / 2;
    for (int i = 0; i < half; i++) {
      sums[i] = sums[2 * i] + sums[2 * i + 1];
      counts[i] = counts[2 * i] + counts[2 * i + 1];
      smallest[i] = Math.min(smallest[2 * i], smallest[2 * i + 1]);
      largest[i] = Math.max(largest[2 * i], largest[2 * i + 1]);
    }
    Arrays.fill(sums, half, sums.length, 0);
    Arrays.fill(counts, half, counts.length, 0);
    Arrays.fill(smallest, half, smallest.length, Double.POSITIVE_INFINITY);
    Arrays.fill(largest, half, largest.length, Double.NEGATIVE_INFINITY);
  }

  /** The mean of a stretch; NaN if nothing in it was finite. */
  double mean(int stretch) {
    return sums[stretch] / counts[stretch];
  }

  /** The smallest of a stretch; infinite if nothing in it was finite. */
  double smallest(int stretch) {
    return smallest[stretch];
  }

  /** The largest of a stretch; infinite if nothing in it was finite. */
  double largest(int stretch) {
    return largest[stretch];
  }
}
