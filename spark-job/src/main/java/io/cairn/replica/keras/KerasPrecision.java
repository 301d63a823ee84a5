/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;

/** The one precision of a model, of what its layers say. */
final class KerasPrecision {

  private KerasPrecision() {}

  /** FLOAT or DOUBLE; refuses a model that mixes them. */
  static DataType of(String file, List<KerasLayer> layers) {
    List<String> precisions =
        layers.stream()
            .filter(layer -> !layer.className().equals("InputLayer"))
            .map(layer -> KerasInputs.precision(layer.config()))
            .distinct()
            .toList();
    if (precisions.size() > 1) {
      throw new ModelException(
          file
              + " has layers of different precisions "
              + precisions
              + "; one for the whole model is supported");
    }
    return precisions.equals(List.of("float64")) ? DataType.DOUBLE : DataType.FLOAT;
  }
}
