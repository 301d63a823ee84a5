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
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;

/**
 * Makes the configuration of a chain of layers.
 *
 * <p>Threading: one thread; used once.
 */
final class ChainAssembly {

  private final DescribedModel model;
  private final DataShape data;

  ChainAssembly(DescribedModel model, DataShape data) {
    this.model = model;
    this.data = data;
  }

  String json(long seed) throws MisfitException {
    Described at = model.settings().layers();
    List<Node> nodes = new ArrayList<>(model.nodes());
    int last = nodes.size() - 1;
    Node end = nodes.get(last);
    nodes.set(last, end.with(OutputDefaults.complete(end.entry(), data.outputs().get(0))));
    NeuralNetConfiguration.Builder defaults = model.defaults();
    InputType[] types = InputTypes.of(data, model.settings().channels());
    TypeTrial.along(nodes, defaults, model.inputNames(1), types);
    NeuralNetConfiguration.ListBuilder list = defaults.list();
    for (int i = 0; i < nodes.size(); i++) {
      Entry entry = nodes.get(i).entry();
      list.layer(i, entry.layer());
      Optional<InputPreProcessor> before = entry.inputPreProcessor();
      if (before.isPresent()) {
        list.inputPreProcessor(i, before.get());
      }
    }
    try {
      MultiLayerConfiguration conf = list.setInputType(types[0]).build();
      conf.getConfs().forEach(layer -> layer.setSeed(seed));
      return conf.toJson();
    } catch (RuntimeException e) {
      throw new MisfitException(at, Cause.of(e), "");
    }
  }
}
