/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.FrozenLayers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The finished DL4J network of a Keras model: sequential if the layers form a chain, otherwise a
 * graph. Nothing in it is drawn at random; its parameters are zero until they are filled.
 *
 * <p>Threading: one thread.
 */
final class KerasNetwork {

  private final String json;
  private final Model model;
  private final Map<String, org.deeplearning4j.nn.api.Layer> layers;

  private KerasNetwork(
      String json, Model model, Map<String, org.deeplearning4j.nn.api.Layer> layers) {
    this.json = json;
    this.model = model;
    this.layers = layers;
  }

  /** Builds the network. */
  static KerasNetwork of(
      KerasNet net,
      List<KerasTensor> outputs,
      KerasOptimizer optimizer,
      List<KerasLayer> leaves,
      DataType precision) {
    Set<String> frozen = new HashSet<>();
    leaves.stream()
        .filter(layer -> !layer.trainable())
        .forEach(
            layer -> {
              layer.slots().forEach(slot -> frozen.add(slot.vertex()));
              layer.derived().forEach(one -> frozen.add(one.vertex()));
            });
    ComputationGraphConfiguration.GraphBuilder graph =
        new NeuralNetConfiguration.Builder()
            .seed(0)
            .dataType(precision)
            .updater(optimizer.updater())
            .gradientNormalization(optimizer.clipping())
            .gradientNormalizationThreshold(optimizer.clipThreshold())
            .graphBuilder()
            .addInputs(net.inputs());
    net.nodes()
        .forEach(
            (name, node) -> {
              String[] inputs = node.inputs().toArray(String[]::new);
              if (node.layer() == null) {
                graph.addVertex(name, node.vertex(), inputs);
                return;
              }
              if (!frozen.contains(name)) {
                KerasDecay.add(node.layer(), optimizer.weightDecay());
              }
              Layer layer =
                  frozen.contains(name) ? FrozenLayers.between(name, node.layer()) : node.layer();
              graph.addLayer(name, layer, node.before(), inputs);
            });
    graph.setOutputs(outputs.stream().map(KerasTensor::vertex).toArray(String[]::new));
    ComputationGraphConfiguration configuration = graph.build();
    return isChain(net, outputs) ? sequential(net, configuration) : graph(configuration);
  }

  /** Whether each vertex is a layer that reads the one before. */
  private static boolean isChain(KerasNet net, List<KerasTensor> outputs) {
    if (net.inputs().size() != 1 || outputs.size() != 1) {
      return false;
    }
    String before = net.inputs().get(0);
    for (Map.Entry<String, KerasNet.Node> entry : net.nodes().entrySet()) {
      KerasNet.Node node = entry.getValue();
      if (node.layer() == null || !node.inputs().equals(List.of(before))) {
        return false;
      }
      before = entry.getKey();
    }
    return before.equals(outputs.get(0).vertex());
  }

  private static KerasNetwork sequential(KerasNet net, ComputationGraphConfiguration graph) {
    MultiLayerConfiguration configuration = new MultiLayerConfiguration();
    Map<Integer, InputPreProcessor> before = new HashMap<>();
    List<LayerVertex> vertices =
        net.nodes().keySet().stream()
            .map(name -> (LayerVertex) graph.getVertices().get(name))
            .toList();
    for (int i = 0; i < vertices.size(); i++) {
      if (vertices.get(i).getPreProcessor() != null) {
        before.put(i, vertices.get(i).getPreProcessor());
      }
    }
    configuration.setConfs(
        vertices.stream().map(LayerVertex::getLayerConf).collect(Collectors.toList()));
    configuration.setInputPreProcessors(before);
    configuration.setDataType(graph.getDataType());
    long parameters =
        configuration.getConfs().stream()
            .mapToLong(conf -> conf.getLayer().initializer().numParams(conf))
            .sum();
    String json = configuration.toJson();
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init(zeros(graph.getDataType(), parameters), false);
    Map<String, org.deeplearning4j.nn.api.Layer> layers = new HashMap<>();
    for (org.deeplearning4j.nn.api.Layer layer : network.getLayers()) {
      layers.put(layer.conf().getLayer().getLayerName(), layer);
    }
    return new KerasNetwork(json, network, layers);
  }

  private static KerasNetwork graph(ComputationGraphConfiguration configuration) {
    long parameters =
        configuration.getVertices().values().stream()
            .mapToLong(vertex -> vertex.numParams(true))
            .sum();
    String json = configuration.toJson();
    ComputationGraph network = new ComputationGraph(configuration);
    network.init(zeros(configuration.getDataType(), parameters), false);
    Map<String, org.deeplearning4j.nn.api.Layer> layers = new HashMap<>();
    for (org.deeplearning4j.nn.api.Layer layer : network.getLayers()) {
      layers.put(layer.conf().getLayer().getLayerName(), layer);
    }
    return new KerasNetwork(json, network, layers);
  }

  private static INDArray zeros(DataType type, long parameters) {
    return parameters == 0 ? null : Nd4j.zeros(type, 1, parameters);
  }

  /** DL4J's configuration. */
  String json() {
    return json;
  }

  /** All parameters, shape [1, P]. */
  INDArray parameters() {
    INDArray parameters = model.params();
    return parameters == null ? null : parameters.reshape(1, parameters.length());
  }

  /** Copies a file's weights into the parameters; all of them, or this is a defect. */
  void fill(
      Map<KerasSlot, String> located, KerasWeights weights, List<KerasLayer.Derived> derived) {
    Set<String> filled = new HashSet<>();
    Map<KerasLayer, Map<String, INDArray>> held = new HashMap<>();
    for (Map.Entry<KerasSlot, String> entry : located.entrySet()) {
      KerasSlot slot = entry.getKey();
      INDArray value = slot.placed().apply(weights.array(entry.getValue()));
      if (slot.vertex().isEmpty()) {
        held.computeIfAbsent(slot.layer(), layer -> new HashMap<>()).put(slot.variable(), value);
      } else {
        fill(slot.vertex(), slot.parameter(), value, filled);
      }
    }
    for (KerasLayer.Derived one : derived) {
      fill(one.vertex(), one.parameter(), one.value().apply(held.get(one.layer())), filled);
    }
    long values = filled.stream().mapToLong(this::length).sum();
    if (values != model.numParams()) {
      throw new IllegalStateException(
          values + " of " + model.numParams() + " parameters were in the file");
    }
  }

  private long length(String name) {
    int slash = name.lastIndexOf('/');
    return layers.get(name.substring(0, slash)).getParam(name.substring(slash + 1)).length();
  }

  private void fill(String vertex, String name, INDArray given, Set<String> filled) {
    INDArray parameter = layers.get(vertex).getParam(name);
    INDArray value = vector(given, parameter);
    if (!parameter.equalShapes(value) || !filled.add(vertex + "/" + name)) {
      throw new IllegalStateException(
          name + " of " + vertex + " is given " + given.shapeInfoToString());
    }
    parameter.assign(value);
  }

  /** DL4J has a vector as a row or as a vector, by layer. */
  private static INDArray vector(INDArray value, INDArray parameter) {
    return value.rank() == 1 && value.length() == parameter.length()
        ? value.reshape(parameter.shape())
        : value;
  }
}
