/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Optional;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;

/**
 * What tables of layers call a layer.
 *
 * <p>Threading: stateless.
 */
final class LayerWords {

  private LayerWords() {}

  /** Its class, and those of the layers inside it: {@code LastTimeStep of LSTM}. */
  static String kind(Layer layer) {
    String name = layer.getClass().getSimpleName();
    return inside(layer).map(inner -> name + " of " + kind(inner)).orElse(name);
  }

  /** The same of a vertex that is no layer. */
  static String kind(GraphVertex vertex) {
    String name = vertex.getClass().getSimpleName();
    return vertex instanceof FrozenVertex frozen
        ? name + " of " + kind(frozen.getUnderlying())
        : name;
  }

  /** The innermost layer, which has the sizes and the activation. */
  static Layer core(Layer layer) {
    return inside(layer).map(LayerWords::core).orElse(layer);
  }

  private static Optional<Layer> inside(Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return Optional.of(frozen.getLayer());
    }
    if (layer instanceof BaseWrapperLayer wrapper) {
      return Optional.of(wrapper.getUnderlying());
    }
    return layer instanceof Bidirectional both ? Optional.of(both.getFwd()) : Optional.empty();
  }

  /** The activation that it applies; empty of one that only has the setting. */
  static Optional<String> activation(Layer core) {
    if (core instanceof ActivationLayer activation) {
      return Optional.of(activation.getActivationFn().toString());
    }
    return core instanceof FeedForwardLayer && !(core instanceof BatchNormalization)
        ? Optional.ofNullable(((BaseLayer) core).getActivationFn()).map(Object::toString)
        : Optional.empty();
  }
}
