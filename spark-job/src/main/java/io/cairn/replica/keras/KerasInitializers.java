/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.deeplearning4j.nn.weights.WeightInitXavierUniform;

/**
 * Keras's initializers. They have no effect, because a file contains the weights and nothing is
 * drawn at random.
 *
 * <p>Threading: any thread.
 */
final class KerasInitializers {

  private KerasInitializers() {}

  /**
   * Reads over initializers.
   *
   * @param keys such as {@code kernel_initializer}
   * @return what to write into DL4J's configuration instead, which is what most Keras layers have.
   *     Never an orthogonal one: ND4J crashes when it draws from one of 32 units or more
   */
  static IWeightInit unused(KerasConfig layer, String... keys) {
    layer.ignore(keys);
    return new WeightInitXavierUniform();
  }
}
