/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.List;

/** How much the examples of each class count in training. */
public sealed interface ClassWeights {

  /** All alike. */
  record Alike() implements ClassWeights {}

  /** So that all classes together count alike: {@code n / (classes * examples of the class)}. */
  record Balanced() implements ClassWeights {}

  /**
   * As given.
   *
   * @param weights one for each class, finite, not negative, not all 0
   */
  record Given(List<Double> weights) implements ClassWeights {
    public Given {
      weights = List.copyOf(weights);
      if (weights.stream().anyMatch(weight -> !(weight >= 0 && Double.isFinite(weight)))
          || weights.stream().allMatch(weight -> weight == 0)) {
        throw new IllegalArgumentException(
            "weights are finite, at least 0 and not all 0, not " + weights);
      }
    }
  }
}
