/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A weight of a Keras layer, and where it goes in DL4J.
 *
 * @param layer whose it is
 * @param part of the layer, as the tree of a {@code .keras} file has it: empty for the layer
 *     itself, {@code cell} for a recurrent layer's cell
 * @param index among the weights of that part
 * @param variable its name in Keras, without layer: {@code kernel}
 * @param kind whether training changes it by gradients
 * @param shape in Keras
 * @param vertex of the DL4J network
 * @param parameter of that vertex
 * @param placed makes DL4J's value of Keras's
 */
record KerasSlot(
    KerasLayer layer,
    String part,
    int index,
    String variable,
    WeightKind kind,
    long[] shape,
    String vertex,
    String parameter,
    UnaryOperator<INDArray> placed) {

  /** How Keras sorts a layer's weights. */
  enum WeightKind {
    /** Changed by gradients unless the layer is frozen. */
    TRAINED,
    /** Running statistics. */
    STATISTIC
  }

  /** Whether Keras counts it among the weights that train. */
  boolean trains() {
    return kind == WeightKind.TRAINED && layer.trainable();
  }

  /** Layer and variable, as errors name it. */
  String shown() {
    return "layer " + layer.name() + ", " + variable + " " + Arrays.toString(shape);
  }
}
