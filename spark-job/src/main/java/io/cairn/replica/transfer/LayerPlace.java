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
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;

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

  /**
   * What need not have an error in the backward pass: it may end above these, and must go on above
   * all others. A sequential network's pass ends for good; a graph's leaves out single vertices,
   * and each of the others needs its error. What is no layer and has no parameters can be left out,
   * too ({@link #freezeVertices}).
   *
   * @param frozen names of the layers, and of layers alone, that are to be frozen
   * @param trained names of the layers that are trained
   */
  static Set<String> withoutError(
      ModelConfiguration configuration, Set<String> frozen, Set<String> trained) {
    Set<String> names = new HashSet<>(frozen);
    if (configuration instanceof ModelConfiguration.Graph graph) {
      names.addAll(graph.conf().getNetworkInputs());
      graph
          .conf()
          .getVertices()
          .forEach(
              (name, vertex) -> {
                if (vertex instanceof FrozenVertex
                    || isPlain(vertex)
                    || (vertex instanceof LayerVertex layer
                        && layer.getLayerConf().getLayer() instanceof FrozenLayer)) {
                  names.add(name);
                }
              });
    } else {
      of(configuration).forEach(place -> names.add(place.name()));
      names.removeAll(trained);
    }
    return names;
  }

  /** The names of those that have the losses. */
  static Set<String> outputs(ModelConfiguration configuration) {
    if (configuration instanceof ModelConfiguration.Graph graph) {
      return Set.copyOf(graph.conf().getNetworkOutputs());
    }
    List<LayerPlace> places = of(configuration);
    return Set.of(places.get(places.size() - 1).name());
  }

  /**
   * Freezes the vertices below frozen layers that are no layers, as Deeplearning4j's {@code
   * TransferLearning} does. They compute the same.
   *
   * @param withoutError what need not have an error
   * @param frozen layers
   */
  static void freezeVertices(
      ComputationGraphConfiguration graph, Set<String> withoutError, List<LayerPlace> frozen) {
    Set<String> belowFrozen = new HashSet<>();
    frozen.forEach(layer -> belowFrozen.addAll(layer.below()));
    for (Map.Entry<String, GraphVertex> entry : graph.getVertices().entrySet()) {
      Set<String> below = new HashSet<>();
      collect(entry.getKey(), graph.getVertexInputs(), below);
      if (belowFrozen.contains(entry.getKey())
          && isPlain(entry.getValue())
          && withoutError.containsAll(below)) {
        entry.setValue(new FrozenVertex(entry.getValue()));
      }
    }
  }

  private static boolean isPlain(GraphVertex vertex) {
    return !(vertex instanceof LayerVertex)
        && !(vertex instanceof FrozenVertex)
        && vertex.numParams(true) == 0;
  }

  private static void collect(String name, Map<String, List<String>> inputs, Set<String> below) {
    for (String input : inputs.getOrDefault(name, List.of())) {
      if (below.add(input)) {
        collect(input, inputs, below);
      }
    }
  }
}
