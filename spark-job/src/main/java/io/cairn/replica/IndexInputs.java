/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Finds the inputs of a model that hold indices (of words, for example) because they feed an
 * embedding.
 *
 * <p>Threading: stateless.
 */
final class IndexInputs {

  private IndexInputs() {}

  /** How many indices the input may hold; empty if it holds values. */
  static List<OptionalLong> of(MultiLayerNetwork net) {
    return List.of(limit(net.getLayer(0).conf().getLayer()));
  }

  /** How many indices each input may hold, in the model's order; empty of one that holds values. */
  static List<OptionalLong> of(ComputationGraph graph) {
    List<OptionalLong> limits = new ArrayList<>();
    for (String input : graph.getConfiguration().getNetworkInputs()) {
      limits.add(
          graph.getConfiguration().getVertexInputs().entrySet().stream()
              .filter(entry -> entry.getValue().contains(input))
              .map(entry -> graph.getConfiguration().getVertices().get(entry.getKey()))
              .filter(LayerVertex.class::isInstance)
              .map(vertex -> limit(((LayerVertex) vertex).getLayerConf().getLayer()))
              .filter(OptionalLong::isPresent)
              .reduce((a, b) -> a.getAsLong() <= b.getAsLong() ? a : b)
              .orElse(OptionalLong.empty()));
    }
    return limits;
  }

  private static OptionalLong limit(Layer layer) {
    Layer inner = layer;
    while (true) {
      if (inner instanceof FrozenLayer frozen) {
        inner = frozen.getLayer();
      } else if (inner instanceof FrozenLayerWithBackprop frozen) {
        inner = frozen.getUnderlying();
      } else if (inner instanceof BaseWrapperLayer wrapper) {
        inner = wrapper.getUnderlying();
      } else {
        break;
      }
    }
    boolean embeds = inner instanceof EmbeddingLayer || inner instanceof EmbeddingSequenceLayer;
    return embeds ? OptionalLong.of(((FeedForwardLayer) inner).getNIn()) : OptionalLong.empty();
  }
}
