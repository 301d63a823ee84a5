/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelConfiguration;
import java.util.List;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A Keras model, translated to Deeplearning4j.
 *
 * @param configuration made of plain Deeplearning4j classes
 * @param parameters flat, shape [1, P], those of the file
 * @param clipGlobalNorm largest norm of the mean gradient over all parameters, if the model was
 *     compiled with one
 * @param updaterStart what the updater's state starts from: the state of the parameters that share
 *     an updater, cut into as many equal parts as there are numbers, each part filled with its
 *     number; empty for ND4J's own start
 * @param notes sentences about what is not as a Keras user would expect; may be empty
 */
public record KerasModel(
    ModelConfiguration configuration,
    INDArray parameters,
    OptionalDouble clipGlobalNorm,
    List<Double> updaterStart,
    List<String> notes) {

  public KerasModel {
    updaterStart = List.copyOf(updaterStart);
    notes = List.copyOf(notes);
  }
}
