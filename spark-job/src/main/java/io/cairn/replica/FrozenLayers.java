/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * Layers whose parameters stay as they are. Deeplearning4j computes them as at inference, with the
 * running statistics that they have.
 *
 * <p>Threading: stateless.
 */
public final class FrozenLayers {

  private FrozenLayers() {}

  /** Whether a layer is one. */
  public static boolean isFrozen(Layer layer) {
    return layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop;
  }

  /** The layer that is frozen, or the layer itself. */
  static Layer inner(Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return frozen.getLayer();
    }
    return layer instanceof FrozenLayerWithBackprop frozen ? frozen.getUnderlying() : layer;
  }

  /** The vertex that is frozen, or the vertex itself. */
  static GraphVertex inner(GraphVertex vertex) {
    return vertex instanceof FrozenVertex frozen ? frozen.getUnderlying() : vertex;
  }

  /** A frozen layer with nothing below it that needs an error: the backward pass ends here. */
  public static Layer last(String name, Layer layer) {
    FrozenLayer frozen = new FrozenLayer(layer);
    frozen.setLayerName(name);
    return frozen;
  }

  /**
   * A frozen layer that the backward pass goes through. Deeplearning4j would apply penalties and
   * constraints to its parameters and keep state of an updater for them.
   */
  public static Layer between(String name, Layer layer) {
    leaveAlone(layer);
    FrozenLayerWithBackprop frozen = new FrozenLayerWithBackprop(layer);
    frozen.setLayerName(name);
    return frozen;
  }

  private static void leaveAlone(Layer layer) {
    layer.setConstraints(null);
    if (layer instanceof BaseWrapperLayer wrapper) {
      leaveAlone(wrapper.getUnderlying());
    } else if (layer instanceof Bidirectional both) {
      leaveAlone(both.getFwd());
      leaveAlone(both.getBwd());
    } else if (layer instanceof BaseLayer with) {
      with.setRegularization(List.of());
      with.setRegularizationBias(List.of());
      with.setIUpdater(new NoOp());
      with.setBiasUpdater(null);
    } else if (layer instanceof AbstractSameDiffLayer drawn) {
      drawn.setRegularization(List.of());
      drawn.setRegularizationBias(List.of());
      drawn.setUpdater(new NoOp());
      drawn.setBiasUpdater(null);
    }
  }
}
