/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.lang.reflect.Field;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.LayerHelper;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * The fast implementations (oneDNN, cuDNN) that Deeplearning4j's layers hold beside their own.
 *
 * <p>Threading: the thread of the network.
 */
final class LayerHelpers {

  private LayerHelpers() {}

  /** Takes all helpers out of a network: its layers then compute by Deeplearning4j's own code. */
  static void remove(Model model) {
    Layer[] layers =
        model instanceof MultiLayerNetwork net
            ? net.getLayers()
            : ((ComputationGraph) model).getLayers();
    for (Layer layer : layers) {
      remove(layer);
    }
  }

  private static void remove(Layer layer) {
    for (Class<?> type = layer.getClass(); type != Object.class; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        visit(layer, field);
      }
    }
  }

  /** Helpers are set to null; layers inside a layer, as wrappers have them, are looked into. */
  private static void visit(Layer layer, Field field) {
    boolean helper = LayerHelper.class.isAssignableFrom(field.getType());
    boolean inner =
        Layer.class.isAssignableFrom(field.getType())
            && (layer instanceof BaseWrapperLayer || !field.getName().equals("this$0"));
    if (!helper && !inner) {
      return;
    }
    try {
      field.setAccessible(true);
      if (helper) {
        field.set(layer, null);
      } else if (field.get(layer) instanceof Layer within && within != layer) {
        remove(within);
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("the helper of " + layer.getClass() + " is out of reach", e);
    }
  }
}
