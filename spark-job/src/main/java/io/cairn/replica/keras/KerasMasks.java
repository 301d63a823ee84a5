/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Time steps that Keras masks. DL4J's wrapper for recurrent layers recognises them by their value.
 * That is the value of a Masking layer; zero after an embedding, whose vector for token 0 is set to
 * zeros; or zero after a recurrent layer, which is what DL4J's layers give at a masked step.
 */
final class KerasMasks {

  /** With these a recurrent layer never gives zeros alone at a step that counts. */
  private static final Set<String> NEVER_ZERO =
      Set.of("tanh", "sigmoid", "linear", "softsign", "softplus", "elu", "selu");

  private KerasMasks() {}

  /** A Masking layer: the same sequence, whose masked steps are known. */
  static KerasTensor masking(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    double value = config.number("mask_value", 0);
    if (input.rank() != 2) {
      throw config.refused("an input of shape " + input + "; it masks steps of a sequence");
    }
    boolean single = KerasInputs.precision(config).equals("float32");
    return input.masked(OptionalDouble.of(single ? (float) value : value));
  }

  /** A recurrent layer that leaves out the masked steps of its input. */
  static Layer around(Layer layer, KerasTensor input) {
    return input.mask().isPresent() ? new MaskZeroLayer(layer, input.mask().getAsDouble()) : layer;
  }

  /** What a recurrent layer gives for each step is masked where its input is. */
  static KerasTensor behind(KerasConfig config, KerasTensor input, KerasTensor output) {
    if (input.mask().isEmpty()) {
      return output;
    }
    for (String key : List.of("activation", "recurrent_activation")) {
      String activation = config.text(key, "tanh");
      if (!NEVER_ZERO.contains(activation)) {
        throw config.refused(
            "it gives a sequence with masked steps, which are told by their zeros, and "
                + key
                + " = "
                + activation
                + " may give zeros at other steps; use tanh and sigmoid");
      }
    }
    return output.masked(OptionalDouble.of(0));
  }

  /** Says what a model with masks is outside of this program. */
  static void note(KerasLayer layer, KerasTensor input, KerasNet net) {
    if (input.mask().isPresent()) {
      net.notes()
          .add(
              "layer "
                  + layer.name()
                  + " passes over masked steps as Keras does. Plain Deeplearning4j computes the same"
                  + " of model.zip where masked steps are at the beginning or the end of a sequence;"
                  + " it forgets what was before masked steps in the middle, and refuses a sequence"
                  + " that is all masked");
    }
  }

  /** An embedding whose token 0 is masked: its vector is never used, and made zeros. */
  static UnaryOperator<INDArray> tokenZero(KerasConfig config) {
    return weights -> {
      INDArray placed = weights.dup();
      placed.getRow(0).assign(0);
      for (int token = 1; token < placed.rows(); token++) {
        if (placed.getRow(token).amaxNumber().doubleValue() == 0) {
          throw config.refused(
              "with mask_zero, masked steps are told by their zeros, and the vector of token "
                  + token
                  + " is all zeros too; give it other values");
        }
      }
      return placed;
    };
  }
}
