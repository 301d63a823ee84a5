/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/**
 * The DL4J network while it is being built from the layers of a Keras model.
 *
 * <p>Threading: one thread.
 */
final class KerasNet {

  /** Makes an output layer of a layer's own settings, with the loss and activation given. */
  @FunctionalInterface
  interface AsOutput {
    /** The layer, and what its input goes through, which may be null. */
    Output of(KerasLoss loss);
  }

  /** An output layer, and what its input goes through, which may be null. */
  record Output(Layer layer, InputPreProcessor before) {}

  /**
   * A vertex of the network.
   *
   * @param layer null for a vertex without one
   * @param vertex null for a layer
   * @param before what the layer's input goes through; may be null
   * @param inputs vertices or inputs
   * @param asOutput null for a layer that cannot be an output layer itself
   */
  record Node(
      Layer layer,
      GraphVertex vertex,
      InputPreProcessor before,
      List<String> inputs,
      AsOutput asOutput) {}

  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final List<String> inputs = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /** All vertices, in an order in which each comes after its inputs. */
  Map<String, Node> nodes() {
    return nodes;
  }

  /** Names of the network's inputs. */
  List<String> inputs() {
    return inputs;
  }

  /** Sentences about the model that the user should know. */
  List<String> notes() {
    return notes;
  }

  /** Adds an input. */
  KerasTensor input(String name, int... shape) {
    inputs.add(name);
    return new KerasTensor(name, shape);
  }

  /** A name that no vertex has yet: the layer's own if possible. */
  String freeName(String wanted) {
    String name = wanted;
    for (int i = 1; nodes.containsKey(name) || inputs.contains(name); i++) {
      name = wanted + "-" + i;
    }
    return name;
  }

  /**
   * Adds a layer that reads one tensor in a form of its choice.
   *
   * @return the layer's output: the input's shape, in that form
   */
  KerasTensor layer(String name, Layer layer, KerasTensor input, KerasTensor.Form form) {
    return layer(name, layer, input.to(form), input.in(form), null);
  }

  /** Adds a layer that could be an output layer. */
  KerasTensor layer(
      String name, Layer layer, KerasTensor input, KerasTensor.Form form, AsOutput asOutput) {
    return layer(name, layer, input.to(form), input.in(form), asOutput);
  }

  /** Adds a layer behind a preprocessor, which may be null. */
  KerasTensor layer(
      String name, Layer layer, InputPreProcessor before, KerasTensor input, AsOutput asOutput) {
    layer.setLayerName(name);
    nodes.put(name, new Node(layer, null, before, List.of(input.vertex()), asOutput));
    return input.by(name);
  }

  /** Adds a vertex without parameters. */
  KerasTensor vertex(String name, GraphVertex vertex, List<KerasTensor> inputs) {
    List<String> from = inputs.stream().map(KerasTensor::vertex).toList();
    nodes.put(name, new Node(null, vertex, null, from, null));
    return inputs.get(0).by(name);
  }

  /** The tensor in another form, by a vertex of its own if need be. */
  KerasTensor in(KerasTensor tensor, KerasTensor.Form form) {
    InputPreProcessor change = tensor.to(form);
    if (change == null) {
      return tensor;
    }
    String name = freeName(tensor.vertex() + "-as-" + form.name().toLowerCase(Locale.ROOT));
    // A layer, and not DL4J's vertex for it, so that what reads the network sees what it reads.
    return layer(
        name,
        new ActivationLayer.Builder().activation(new ActivationIdentity()).build(),
        change,
        tensor.in(form),
        null);
  }

  /** Puts another layer in a vertex's place. */
  void replace(String name, Layer layer, InputPreProcessor before) {
    layer.setLayerName(name);
    nodes.put(name, new Node(layer, null, before, nodes.get(name).inputs(), null));
  }

  /** Takes out a vertex that none reads. */
  void remove(String name) {
    nodes.remove(name);
  }

  /** How many vertices read this one. */
  long readers(String vertex) {
    return nodes.values().stream().filter(node -> node.inputs().contains(vertex)).count();
  }

  /** Whether another vertex reads this one. */
  boolean isRead(String vertex) {
    return nodes.values().stream().anyMatch(node -> node.inputs().contains(vertex));
  }
}
