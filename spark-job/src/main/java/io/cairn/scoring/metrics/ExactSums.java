/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Many sums of float64 values, each exact: what is rounded off when a value is added is kept beside
 * the sum, as long as it is not zero. So sums do not depend on the order of adding, nor on how the
 * values are split. Counts never need anything beside the sum.
 *
 * <p>What is rounded off follows from Knuth's two-sum; what is kept is an expansion in the sense of
 * J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic (1997), as in Python's {@code
 * math.fsum}. No library that a Spark distribution has sums exactly: those of Commons Numbers and
 * Commons Math compensate, which depends on the order.
 *
 * <p>Threading: one thread.
 */
public final class ExactSums implements Serializable {
  private static final long serialVersionUID = 1L;

  private final double[] heads;

  /** What is missing in a head, as values that do not overlap, the smallest first. */
  private final HashMap<Integer, double[]> tails = new HashMap<>();

  /** So many sums of nothing. */
  public ExactSums(int count) {
    heads = new double[count];
  }

  /** How many sums there are. */
  public int size() {
    return heads.length;
  }

  /** Adds a finite value to a sum. */
  public void add(int sum, double value) {
    double head = heads[sum];
    double total = head + value;
    heads[sum] = total;
    double rest = rest(head, value, total);
    if (rest != 0) {
      tails.merge(sum, new double[] {rest}, ExactSums::grown);
    }
  }

  /** Adds the product of two finite values to a sum, unrounded. */
  public void addProduct(int sum, double a, double b) {
    double product = a * b;
    add(sum, product);
    add(sum, Math.fma(a, b, -product));
  }

  /** Adds the sums of other values. */
  public void merge(ExactSums others) {
    if (others.heads.length != heads.length) {
      throw new IllegalArgumentException(
          others.heads.length + " sums do not go with " + heads.length);
    }
    for (int i = 0; i < heads.length; i++) {
      if (others.heads[i] != 0) {
        add(i, others.heads[i]);
      }
    }
    for (Map.Entry<Integer, double[]> tail : others.tails.entrySet()) {
      for (double part : tail.getValue()) {
        add(tail.getKey(), part);
      }
    }
  }

  /** What {@code a + b} is off by, rounded to {@code total}: exactly. */
  private static double rest(double a, double b, double total) {
    double bb = total - a;
    return (a - (total - bb)) + (b - bb);
  }

  /** The expansion with one value more. */
  private static double[] grown(double[] parts, double[] one) {
    double[] found = new double[parts.length + 1];
    int count = 0;
    double value = one[0];
    for (double part : parts) {
      double total = value + part;
      double rest = rest(value, part, total);
      if (rest != 0) {
        found[count++] = rest;
      }
      value = total;
    }
    if (value != 0) {
      found[count++] = value;
    }
    return Arrays.copyOf(found, count);
  }

  /** A sum, exactly; it must be finite. */
  public BigDecimal exact(int sum) {
    BigDecimal exact = new BigDecimal(heads[sum]);
    for (double part : tails.getOrDefault(sum, new double[0])) {
      exact = exact.add(new BigDecimal(part));
    }
    return exact;
  }

  /** A sum, rounded once. NaN if it was too large for float64 on the way. */
  public double value(int sum) {
    if (!Double.isFinite(heads[sum])) {
      return Double.NaN;
    }
    return tails.containsKey(sum) ? exact(sum).doubleValue() : heads[sum];
  }
}
