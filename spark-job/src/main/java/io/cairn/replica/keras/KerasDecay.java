/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/** The weight decay of an optimizer, which Keras applies to every parameter. */
final class KerasDecay {

  private KerasDecay() {}

  /** Adds it to a layer's weights and biases; nothing for 0. */
  static void add(Layer layer, double decay) {
    if (decay == 0) {
      return;
    }
    addToParts(layer, decay);
    for (String parameter : layer.initializer().paramKeys(layer)) {
      List<Regularization> given = layer.getRegularizationByParam(parameter);
      if (given == null || given.stream().noneMatch(WeightDecay.class::isInstance)) {
        throw new ModelException(
            "layer "
                + layer.getLayerName()
                + ": weight_decay of the optimizer would also shrink "
                + parameter
                + ", which DL4J cannot; only an optimizer without weight_decay is supported for it");
      }
    }
  }

  private static void addToParts(Layer layer, double decay) {
    if (layer instanceof BaseWrapperLayer wrapper) {
      addToParts(wrapper.getUnderlying(), decay);
    } else if (layer instanceof Bidirectional both) {
      addToParts(both.getFwd(), decay);
      addToParts(both.getBwd(), decay);
    } else if (layer instanceof BatchNormalization) {
      throw new ModelException(
          "layer "
              + layer.getLayerName()
              + ": weight_decay of the optimizer would also shrink the scale and centre of batch"
              + " normalization, which DL4J cannot; only an optimizer without weight_decay is"
              + " supported for it");
    } else if (layer instanceof BaseLayer with) {
      with.setRegularization(with(with.getRegularization(), decay));
      with.setRegularizationBias(with(with.getRegularizationBias(), decay));
    }
  }

  private static List<Regularization> with(List<Regularization> given, double decay) {
    List<Regularization> all = given == null ? new ArrayList<>() : new ArrayList<>(given);
    all.add(new WeightDecay(decay, true));
    return all;
  }
}
