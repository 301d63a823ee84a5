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
 * A Keras model in Deeplearning4j's terms.
 *
 * @param configuration made of plain Deeplearning4j classes
 * @param parameters flat, shape [1, P], those of the file
 * @param clipGlobalNorm largest norm of the mean gradient over all parameters, if the model was
 *     compiled with one
 * @param notes sentences about what is not as a Keras user would expect; may be empty
 */
public record KerasModel(
    ModelConfiguration configuration,
    INDArray parameters,
    OptionalDouble clipGlobalNorm,
    List<String> notes) {

  public KerasModel {
    notes = List.copyOf(notes);
  }
}
