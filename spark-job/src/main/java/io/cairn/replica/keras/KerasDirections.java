/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.rnn.ReverseTimeSeriesVertex;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * A bidirectional layer that gives one output for a sequence, built from two recurrent layers, one
 * of which reads the sequence backwards. (DL4J's own wrapper has no gradient in this case.)
 */
final class KerasDirections {

  private KerasDirections() {}

  /** Asks for the weights of one direction. */
  @FunctionalInterface
  interface Weights {
    /** As {@link KerasLayer#slot}, for all weights of a layer. */
    void ask(KerasLayer layer, String part, String vertex, String prefix, int features);
  }

  /** Refuses a backward layer that is not the forward layer the other way round. */
  static void checkBackward(KerasConfig config, KerasObject forward) {
    JsonNode backward = config.raw("backward_layer");
    JsonNode given = config.raw("layer");
    if (backward == null) {
      return;
    }
    ObjectNode one = comparable(given.path("config"));
    ObjectNode other = comparable(backward.path("config"));
    if (!backward.path("class_name").equals(given.path("class_name")) || !one.equals(other)) {
      throw config.refused("backward_layer", "the layer of the other direction");
    }
  }

  private static ObjectNode comparable(JsonNode config) {
    ObjectNode copy = config.deepCopy();
    List.of("name", "go_backwards", "seed", "dtype").forEach(copy::remove);
    copy.fieldNames()
        .forEachRemaining(
            key -> {
              if (key.endsWith("_initializer")) {
                copy.putNull(key);
              }
            });
    return copy;
  }

  /** Adds both layers and what merges their last outputs. */
  static KerasTensor lastOfBoth(
      KerasLayer layer,
      KerasObject forward,
      BaseRecurrentLayer ahead,
      BaseRecurrentLayer back,
      Bidirectional.Mode mode,
      KerasTensor input,
      KerasNet net,
      Weights weights) {
    String name = layer.name();
    String first = net.freeName(name + "-forward");
    String reversed = net.freeName(name + "-reversed");
    String second = net.freeName(name + "-backward");
    weights.ask(layer.within("forward_layer", forward), "cell", first, "", input.features());
    weights.ask(layer.within("backward_layer", forward), "cell", second, "", input.features());
    int units = (int) ahead.getNOut();
    ahead.setLayerName(first);
    back.setLayerName(second);
    KerasTensor one = KerasRecurrent.last(first, ahead, input, net);
    KerasTensor from = net.in(input, KerasTensor.Form.STEPS_LAST);
    KerasTensor turned = net.vertex(reversed, new ReverseTimeSeriesVertex(), List.of(from));
    KerasTensor other = KerasRecurrent.last(second, back, turned, net);
    GraphVertex merge =
        switch (mode) {
          case CONCAT -> new MergeVertex();
          case ADD -> new ElementWiseVertex(ElementWiseVertex.Op.Add);
          case MUL -> new ElementWiseVertex(ElementWiseVertex.Op.Product);
          case AVERAGE -> new ElementWiseVertex(ElementWiseVertex.Op.Average);
        };
    return net.vertex(net.freeName(name), merge, List.of(one, other))
        .shaped(mode == Bidirectional.Mode.CONCAT ? 2 * units : units);
  }
}
