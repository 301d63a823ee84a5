/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.LayerHelper;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * The fast implementations of layers that Deeplearning4j calls helpers (oneDNN on a CPU), as a
 * network that trains may have them: put right, or taken away, where they compute something else
 * than the layer's own code. What was wrong with each is in {@code
 * docs/decisions/0019-helpers-are-mended.md}.
 *
 * <p>Layers make their helpers when they are made, so that a network that was cloned or read has
 * DL4J's again. Every network that computes for a run is given to {@link #mend} first.
 *
 * <p>Threading: stateless; a network belongs to its own thread.
 *
 * <p>Failure: {@link IllegalStateException} if DL4J's layers are not built as this class knows
 * them, which is another version of DL4J.
 */
final class LayerHelpers {

  private LayerHelpers() {}

  /**
   * Takes all helpers out of a network, which then computes by Deeplearning4j's own code alone.
   *
   * @param model a sequential network or a graph, initialised; changed
   */
  static void remove(Model model) {
    replace(model, helper -> null);
  }

  /** Gives every helper in a network, also those inside wrappers, to {@code change}. */
  private static void replace(Model model, UnaryOperator<LayerHelper> change) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Layer layer : layers(model)) {
      replace(layer, change, seen);
    }
  }

  private static Layer[] layers(Model model) {
    if (model instanceof MultiLayerNetwork net) {
      return net.getLayers();
    }
    if (model instanceof ComputationGraph graph) {
      return graph.getLayers();
    }
    throw new IllegalArgumentException(model.getClass() + " is no network");
  }

  private static void replace(Layer layer, UnaryOperator<LayerHelper> change, Set<Object> seen) {
    if (layer instanceof MultiLayerNetwork || !seen.add(layer)) {
      return;
    }
    try {
      for (Class<?> type = layer.getClass(); type != Object.class; type = type.getSuperclass()) {
        for (Field field : type.getDeclaredFields()) {
          if (Modifier.isStatic(field.getModifiers())) {
            continue;
          }
          if (LayerHelper.class.isAssignableFrom(field.getType())) {
            field.setAccessible(true);
            LayerHelper helper = (LayerHelper) field.get(layer);
            if (helper != null) {
              field.set(layer, change.apply(helper));
            }
          } else if (Layer.class.isAssignableFrom(field.getType())) {
            field.setAccessible(true);
            Layer inner = (Layer) field.get(layer);
            if (inner != null) {
              replace(inner, change, seen);
            }
          }
        }
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("the helpers of " + layer.getClass() + " are out of reach", e);
    }
  }
}
