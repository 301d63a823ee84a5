/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/**
 * What the passes of a window come to besides the gradient.
 *
 * @param lossSum summed over the examples, without regularisation
 * @param weight the sum of the examples' weights; their number where they have none; the terms of a
 *     loss that counts those
 * @param squares those of the micro-batches' gradient sums, where they are wanted
 * @param fetchNanos how long a thread has waited for micro-batches, on average
 */
public record WindowSums(double lossSum, double weight, Squares squares, long fetchNanos) {

  /**
   * Squared lengths of micro-batches' gradient sums, which say how noisy the gradient is.
   *
   * @param sum of them
   * @param squaredCounts the squared numbers of their examples, added; 0 if nothing was measured
   */
  public record Squares(double sum, long squaredCounts) {
    /** Nothing was measured. */
    public static final Squares NONE = new Squares(0, 0);
  }

  /** Whether a window's noise is measured. */
  public enum Noise {
    /** It takes one more product over the gradient in each pass. */
    MEASURED,
    /** It is not. */
    UNKNOWN
  }
}
