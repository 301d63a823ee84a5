/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.transfer;

import io.cairn.replica.ModelException;
import java.io.IOException;
import java.util.List;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/**
 * Makes a layer of what {@code model.fine-tune.add} says of it: Deeplearning4j's own JSON. What
 * that leaves open is the output layer's: optimizer and initialisation; without activation there is
 * none.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} naming the entry.
 */
final class AddedLayer {

  private AddedLayer() {}

  static Layer read(String json, int index, BaseOutputLayer output) {
    Layer layer;
    try {
      layer = NeuralNetConfiguration.mapper().readValue(json, Layer.class);
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new ModelException(
          "model.fine-tune.add[%d] is no layer of Deeplearning4j: %s"
              .formatted(index, why.lines().findFirst().orElse(why)),
          e);
    }
    if (layer instanceof BaseOutputLayer) {
      throw new ModelException(
          "model.fine-tune.add[%d] is an output layer: replace-output says what the output is"
              .formatted(index));
    }
    if (layer instanceof BaseLayer base) {
      complete(base, output);
    }
    return layer;
  }

  private static void complete(BaseLayer layer, BaseOutputLayer output) {
    if (layer.getIUpdater() == null) {
      layer.setIUpdater(output.getIUpdater());
      layer.setBiasUpdater(output.getBiasUpdater());
    }
    if (layer.getWeightInitFn() == null) {
      layer.setWeightInitFn(output.getWeightInitFn());
    }
    if (layer.getActivationFn() == null) {
      layer.setActivationFn(new ActivationIdentity());
    }
    if (layer.getRegularization() == null) {
      layer.setRegularization(List.of());
    }
    if (layer.getRegularizationBias() == null) {
      layer.setRegularizationBias(List.of());
    }
    if (layer.getGradientNormalization() == null) {
      layer.setGradientNormalization(GradientNormalization.None);
    }
  }
}
