/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the weights of layers in a file.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} naming layer, weight and both shapes.
 */
sealed interface KerasWeights permits KerasLayerWeights, KerasTreeWeights {

  /**
   * Finds the arrays of all weights of a model, each with the shape that its layer calls for, and
   * refuses a file that has others besides.
   *
   * @param slots of all layers, in the order of the configuration
   * @return where each one is
   */
  Map<KerasSlot, String> locate(List<KerasSlot> slots);

  /** Reads what {@link #locate} found. */
  INDArray array(String path);

  /**
   * How many updates the optimizer had made whose state is in the file; 0 if none is. The state
   * itself is not taken over.
   */
  long updatesMade();

  /** Refuses an array of another shape. */
  static void checkShape(String file, KerasSlot slot, String path, long[] shape) {
    if (!Arrays.equals(shape, slot.shape())) {
      throw new ModelException(
          file
              + ": "
              + slot.shown()
              + " has the shape "
              + Arrays.toString(shape)
              + " in the file ("
              + path
              + ")");
    }
  }
}
