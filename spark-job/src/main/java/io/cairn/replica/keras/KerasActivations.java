/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Locale;
import java.util.Optional;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationHardTanH;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSELU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftSign;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;

/**
 * Keras's activation functions as ND4J's.
 *
 * <p>Threading: any thread.
 *
 * <p>Failure: {@link io.cairn.replica.ModelException} naming layer and function.
 */
final class KerasActivations {

  private KerasActivations() {}

  /**
   * The activation of a layer; the identity if it has none.
   *
   * @param layer a layer's configuration
   * @param key {@code activation} or the like
   * @param kerasMajor version of the Keras that wrote the file: one function has changed
   */
  static IActivation activation(KerasConfig layer, String key, int kerasMajor) {
    Optional<KerasObject> given = layer.optionalSerialized(key);
    if (given.isEmpty()) {
      return new ActivationIdentity();
    }
    String name = given.get().className().toLowerCase(Locale.ROOT);
    return switch (name) {
      case "linear" -> new ActivationIdentity();
      case "relu" -> new ActivationReLU();
      case "relu6" -> new ActivationReLU6();
      case "softmax", "softmax_v2" -> new ActivationSoftmax();
      case "sigmoid" -> new ActivationSigmoid();
      case "tanh" -> new ActivationTanH();
      case "elu" -> new ActivationELU(1);
      case "selu" -> new ActivationSELU();
      case "softplus" -> new ActivationSoftPlus();
      case "softsign" -> new ActivationSoftSign();
      case "swish", "silu" -> new ActivationSwish();
      case "mish" -> new ActivationMish();
      case "leaky_relu" -> new ActivationLReLU(0.2);
      case "hard_tanh" -> new ActivationHardTanH();
      case "hard_sigmoid" -> {
        if (kerasMajor >= 3) {
          throw layer.refused(
              "the activation hard_sigmoid of Keras 3 is not supported (DL4J has that of Keras 2,"
                  + " which is another function); sigmoid would be");
        }
        yield new ActivationHardSigmoid();
      }
      case "gelu" ->
          throw layer.refused(
              "the activation gelu is not supported (DL4J has only approximations of it); swish"
                  + " would be");
      default ->
          throw layer.refused(
              key,
              "linear, relu, relu6, leaky_relu, softmax, sigmoid, tanh, elu, selu, softplus,"
                  + " softsign, swish (silu), mish, hard_tanh, and hard_sigmoid of Keras 2");
    };
  }
}
