/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import java.util.OptionalLong;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * How many values an input has, as the layer says that it goes into: of a dense layer those of an
 * example, of a recurrent one those of a time step.
 *
 * <p>Threading: stateless.
 */
final class InputWidths {

  private InputWidths() {}

  static List<OptionalLong> of(MultiLayerNetwork net) {
    boolean changed = net.getLayerWiseConfigurations().getInputPreProcess(0) != null;
    return List.of(changed ? OptionalLong.empty() : of(net.getLayer(0).conf().getLayer()));
  }

  static List<OptionalLong> of(ComputationGraph net) {
    ComputationGraphConfiguration graph = net.getConfiguration();
    return graph.getNetworkInputs().stream().map(input -> of(graph, input)).toList();
  }

  private static OptionalLong of(ComputationGraphConfiguration graph, String input) {
    for (String name : graph.getVertices().keySet()) {
      GraphVertex vertex = graph.getVertices().get(name);
      if (graph.getVertexInputs().get(name).equals(List.of(input))
          && vertex instanceof LayerVertex layer
          && layer.getPreProcessor() == null) {
        OptionalLong width = of(layer.getLayerConf().getLayer());
        if (width.isPresent()) {
          return width;
        }
      }
    }
    return OptionalLong.empty();
  }

  private static OptionalLong of(Layer layer) {
    boolean says =
        layer instanceof DenseLayer
            || layer instanceof BaseRecurrentLayer
            || layer instanceof BaseOutputLayer;
    long width = says ? ((FeedForwardLayer) layer).getNIn() : 0;
    return width > 0 ? OptionalLong.of(width) : OptionalLong.empty();
  }
}
