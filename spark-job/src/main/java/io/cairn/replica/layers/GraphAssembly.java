/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.replica.layers.DescribedModel.Node;
import io.cairn.settings.Described;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;

/**
 * Makes the configuration of a graph.
 *
 * <p>Threading: one thread; used once.
 */
final class GraphAssembly {

  private final DescribedModel model;
  private final DataShape data;

  GraphAssembly(DescribedModel model, DataShape data) {
    this.model = model;
    this.data = data;
  }

  String json(long seed) throws MisfitException {
    Described at = model.settings().layers();
    List<String> inputs = model.inputNames(data.inputs().size());
    requireAsMany(at, "inputs", inputs, data.inputs().size());
    List<String> outputs = model.outputNames();
    requireAsMany(at, "outputs", outputs, data.outputs().size());
    List<Node> nodes = new ArrayList<>();
    for (Node node : model.nodes()) {
      int output = outputs.indexOf(node.name());
      nodes.add(
          output < 0
              ? node
              : node.with(OutputDefaults.complete(node.entry(), data.outputs().get(output))));
    }
    NeuralNetConfiguration.Builder defaults = model.defaults();
    InputType[] types = InputTypes.of(data, model.settings().channels());
    TypeTrial.along(nodes, defaults, inputs, types);
    requireTaken(at, inputs, nodes);
    GraphBuilder graph = defaults.graphBuilder().addInputs(inputs).setInputTypes(types);
    for (Node node : nodes) {
      String[] taken = node.inputs().toArray(String[]::new);
      if (!node.entry().isLayer()) {
        graph.addVertex(node.name(), node.entry().vertex(), taken);
        continue;
      }
      Optional<InputPreProcessor> before = node.entry().inputPreProcessor();
      if (before.isPresent()) {
        graph.addLayer(node.name(), node.entry().layer(), before.get(), taken);
      } else {
        graph.addLayer(node.name(), node.entry().layer(), taken);
      }
    }
    graph.setOutputs(outputs.toArray(String[]::new));
    try {
      ComputationGraphConfiguration conf = graph.build();
      conf.getDefaultConfiguration().setSeed(seed);
      conf.getVertices().values().stream()
          .filter(LayerVertex.class::isInstance)
          .forEach(vertex -> ((LayerVertex) vertex).getLayerConf().setSeed(seed));
      return conf.toJson();
    } catch (RuntimeException e) {
      throw new MisfitException(at, Cause.of(e), "");
    }
  }

  private static void requireAsMany(Described at, String what, List<String> names, int inData)
      throws MisfitException {
    if (names.size() != inData) {
      throw new MisfitException(
          at,
          "has %d %s (%s), and data.%s %d"
              .formatted(names.size(), what, String.join(", ", names), what, inData),
          "model.%s = [...] says which they are".formatted(what));
    }
  }

  /** An input that no layer takes would be read, and not used. */
  private static void requireTaken(Described at, List<String> inputs, List<Node> nodes)
      throws MisfitException {
    for (String input : inputs) {
      if (nodes.stream().noneMatch(node -> node.inputs().contains(input))) {
        throw new MisfitException(
            at, "has no layer that takes input %s".formatted(input), "inputs = [" + input + "]");
      }
    }
  }
}
