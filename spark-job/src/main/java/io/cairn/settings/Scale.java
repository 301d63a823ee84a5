/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

/**
 * How input values are scaled before training. Statistics are always computed from the training
 * data alone, never from the validation data.
 */
public sealed interface Scale {

  /** As what comes with the model says; else values as they are. */
  record FromModel() implements Scale {}

  /** Values as they are. */
  record None() implements Scale {}

  /** Each feature to mean 0 and standard deviation 1; a constant feature becomes 0. */
  record Standard() implements Scale {}

  /** Each feature to the range [0, 1]; a constant feature becomes 0. */
  record MinMax() implements Scale {}

  /**
   * Every value times one factor.
   *
   * @param factor finite, not 0
   */
  record Factor(double factor) implements Scale {
    public Factor {
      if (!Double.isFinite(factor) || factor == 0) {
        throw new IllegalArgumentException("factor must be finite and not 0, not " + factor);
      }
    }
  }
}
