/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.rnn.ReverseTimeSeriesVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Finds the inputs of a model whose time steps are masked by their value. The values of such an
 * input must not be changed before the network sees them.
 *
 * <p>Threading: stateless.
 */
final class MaskedInputs {

  private MaskedInputs() {}

  /** The value that masks a step of the input; empty where none does. */
  static List<OptionalDouble> of(MultiLayerNetwork net) {
    for (org.deeplearning4j.nn.api.Layer layer : net.getLayers()) {
      Layer conf = net.getLayerWiseConfigurations().getConf(layer.getIndex()).getLayer();
      if (!(conf instanceof ActivationLayer)) {
        return List.of(value(conf));
      }
    }
    return List.of(OptionalDouble.empty());
  }

  /** The value that masks a step, of each input in the model's order; empty where none does. */
  static List<OptionalDouble> of(ComputationGraph net) {
    ComputationGraphConfiguration graph = net.getConfiguration();
    List<OptionalDouble> values = new ArrayList<>();
    graph.getNetworkInputs().forEach(input -> values.add(behind(graph, input)));
    return values;
  }

  private static OptionalDouble behind(ComputationGraphConfiguration graph, String source) {
    for (Map.Entry<String, List<String>> taken : graph.getVertexInputs().entrySet()) {
      if (!taken.getValue().contains(source)) {
        continue;
      }
      GraphVertex vertex = FrozenLayers.inner(graph.getVertices().get(taken.getKey()));
      OptionalDouble found = OptionalDouble.empty();
      if (vertex instanceof ReverseTimeSeriesVertex) {
        found = behind(graph, taken.getKey());
      } else if (vertex instanceof LayerVertex layer) {
        Layer conf = layer.getLayerConf().getLayer();
        found = conf instanceof ActivationLayer ? behind(graph, taken.getKey()) : value(conf);
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return OptionalDouble.empty();
  }

  private static OptionalDouble value(Layer layer) {
    if (layer instanceof MaskZeroLayer masking) {
      return OptionalDouble.of(masking.getMaskingValue());
    }
    if (layer instanceof FrozenLayer frozen) {
      return value(frozen.getLayer());
    }
    return layer instanceof BaseWrapperLayer wrapper
        ? value(wrapper.getUnderlying())
        : OptionalDouble.empty();
  }
}
