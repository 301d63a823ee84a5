/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/**
 * Decides how many examples a self-check can compare in its time, from the duration of its first
 * passes.
 *
 * <p>If there is no time for both comparisons, the one of sums is made. It costs a few passes at
 * the run's own speed. It finds a loss that does not add up, and also a gradient computed from
 * uninitialised memory. The comparison with float64 costs many times as much per example.
 *
 * <p>Threading: immutable.
 *
 * @param allowedNanos for the whole check, from its beginning
 * @param spentNanos so far
 * @param firstNanos what the first pass took, of one example, with the loading of code
 * @param exampleNanos what an example takes in a pass as the run makes it
 * @param copyNanos what a copy of the network takes to be made
 * @param doubled whether the parts are not of the whole, but the whole is twice the examples
 */
record SelfCheckBudget(
    double allowedNanos,
    double spentNanos,
    double firstNanos,
    double exampleNanos,
    double copyNanos,
    boolean doubled) {

  /** Passes in float64 without helpers take at most about so many times as long. */
  private static final double FLOAT64_TIMES = 8;

  /** The part of the first pass's loading that a first pass in float64 needs once more. */
  private static final double LOADED_AGAIN = 0.25;

  /** The same later. */
  SelfCheckBudget at(double spentNanos) {
    return new SelfCheckBudget(
        allowedNanos, spentNanos, firstNanos, exampleNanos, copyNanos, doubled);
  }

  /**
   * On how many examples sums of parts are compared with the whole.
   *
   * @param most no more than so many
   * @return a half of {@code most}, a half of that and so on, if time is short: rather as many as
   *     leave time for float64; 0 for none
   */
  int sums(int most) {
    for (int examples = most; examples >= 1; examples /= 2) {
      if (fits(sumsNanos(examples) + float64Nanos(examples))) {
        return examples;
      }
    }
    for (int examples = most; examples >= 1; examples /= 2) {
      if (fits(sumsNanos(examples))) {
        return examples;
      }
    }
    return 0;
  }

  /** Whether there is time to compare with float64 on one example, as far as can be told. */
  boolean triesFloat64() {
    return fits(float64Nanos(1));
  }

  /**
   * On how many examples float64 is compared, once a pass in it has shown what an example takes.
   *
   * @param most no more than so many
   * @return 0 for none
   */
  int float64(int most, double float64ExampleNanos) {
    for (int examples = most; examples >= 1; examples /= 2) {
      if (fits(examples * (exampleNanos + float64ExampleNanos))) {
        return examples;
      }
    }
    return 0;
  }

  /** Whether something that takes so long is done in time. */
  boolean fits(double nanos) {
    return spentNanos + nanos <= allowedNanos;
  }

  private double sumsNanos(int examples) {
    boolean twice = doubled || examples == 1;
    return (twice ? 4.0 : 2.0) * examples * exampleNanos;
  }

  /** A pass of one example to try it, then one in each number format. */
  private double float64Nanos(int examples) {
    double loading = LOADED_AGAIN * Math.max(0, firstNanos - exampleNanos);
    return copyNanos
        + loading
        + (1 + examples) * FLOAT64_TIMES * exampleNanos
        + examples * exampleNanos;
  }
}
