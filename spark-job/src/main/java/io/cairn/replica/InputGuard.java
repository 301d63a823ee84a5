/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Protects examples from being overwritten while a network computes outputs.
 *
 * <p>At inference, an activation or PReLU layer of Deeplearning4j 1.0.0-M2.1 computes in the very
 * array that it is given, unless that array is in a workspace. Arrays from outside are in none. If
 * such a layer is the first one, the examples are changed by the first output, and the loss of the
 * same batch is wrong. Networks that begin with such a layer get copies.
 *
 * <p>Threading: immutable. The copies belong to the caller's thread.
 */
final class InputGuard {

  private final boolean changesInputs;

  /**
   * @param first the layers that inputs go into
   */
  InputGuard(List<Layer> first) {
    changesInputs = first.stream().map(InputGuard::inner).anyMatch(InputGuard::isInPlace);
  }

  private static Layer inner(Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return inner(frozen.getLayer());
    }
    return layer instanceof FrozenLayerWithBackprop frozen ? inner(frozen.getUnderlying()) : layer;
  }

  private static boolean isInPlace(Layer layer) {
    return layer instanceof ActivationLayer
        || layer instanceof PReLULayer
        || layer instanceof DropoutLayer;
  }

  /** The inputs to compute outputs from: the batch's own, or copies that may be changed. */
  INDArray[] inputs(MultiDataSet batch) {
    INDArray[] features = batch.getFeatures();
    return changesInputs
        ? Arrays.stream(features).map(INDArray::dup).toArray(INDArray[]::new)
        : features;
  }
}
