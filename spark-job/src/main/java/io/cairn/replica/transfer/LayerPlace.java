/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.transfer;

import io.cairn.replica.ModelConfiguration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * A layer of a configuration, and what lies below it.
 *
 * <p>Threading: not shared.
 *
 * @param name the layer's or vertex's name as the user knows it
 * @param conf its configuration, the very object
 * @param below names of all layers and vertices that its input depends on
 */
record LayerPlace(String name, NeuralNetConfiguration conf, Set<String> below) {

  Layer layer() {
    return conf.getLayer();
  }

  /** All layers, in the model's order. */
  static List<LayerPlace> of(ModelConfiguration configuration) {
    List<LayerPlace> places = new ArrayList<>();
    if (configuration instanceof ModelConfiguration.Sequential sequential) {
      Set<String> below = new HashSet<>();
      List<NeuralNetConfiguration> layers = sequential.conf().getConfs();
      for (int i = 0; i < layers.size(); i++) {
        String given = layers.get(i).getLayer().getLayerName();
        String name = given == null ? "layer" + i : given;
        places.add(new LayerPlace(name, layers.get(i), Set.copyOf(below)));
        below.add(name);
      }
    } else if (configuration instanceof ModelConfiguration.Graph graph) {
      Map<String, List<String>> inputs = graph.conf().getVertexInputs();
      for (Map.Entry<String, GraphVertex> entry : graph.conf().getVertices().entrySet()) {
        if (entry.getValue() instanceof LayerVertex vertex) {
          Set<String> below = new HashSet<>();
          collect(entry.getKey(), inputs, below);
          places.add(new LayerPlace(entry.getKey(), vertex.getLayerConf(), below));
        }
      }
    }
    return places;
  }

  private static void collect(String name, Map<String, List<String>> inputs, Set<String> below) {
    for (String input : inputs.getOrDefault(name, List.of())) {
      if (below.add(input)) {
        collect(input, inputs, below);
      }
    }
  }
}
