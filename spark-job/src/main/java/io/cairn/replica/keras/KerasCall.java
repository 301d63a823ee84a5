/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * One use of a layer, with the tensors that it is given. A layer that is used twice has two calls.
 *
 * @param inputs in the order of the call
 * @param mode how it computes in training
 */
record KerasCall(List<Ref> inputs, Mode mode) {

  /** How a layer computes in training. */
  enum Mode {
    /** As in training. */
    AS_THE_MODEL,
    /** As after training ({@code training=False}), and all layers in it likewise. */
    INFERENCE
  }

  KerasCall {
    inputs = List.copyOf(inputs);
  }

  /** A call with nothing but tensors. */
  KerasCall(Ref... inputs) {
    this(List.of(inputs), Mode.AS_THE_MODEL);
  }

  /**
   * A tensor that a layer gives.
   *
   * @param node which of the layer's calls
   * @param tensor which of that call's tensors
   */
  record Ref(String layer, int node, int tensor) {

    /** Reads {@code [layer, node, tensor]}. */
    static Ref of(KerasConfig where, JsonNode node) {
      if (!node.isArray() || node.size() < 3 || !node.get(0).isTextual()) {
        throw where.refused("the reference " + node + " is not [layer, node, tensor]");
      }
      return new Ref(node.get(0).textValue(), node.get(1).asInt(), node.get(2).asInt());
    }

    /** One reference, or a list of them, or a dictionary of them. */
    static List<Ref> several(KerasConfig where, String key) {
      JsonNode given = where.raw(key);
      if (given == null) {
        throw where.refused(key + " is missing");
      }
      List<Ref> refs = new ArrayList<>();
      if (given.isArray() && given.size() > 0 && given.get(0).isTextual()) {
        refs.add(of(where, given));
      } else {
        given.forEach(one -> refs.add(of(where, one)));
      }
      return refs;
    }
  }

  /**
   * Reads all calls of a layer, in the form of Keras 2 or 3.
   *
   * @param object the layer's class, name and calls
   * @param layer its own configuration, which errors name
   */
  static List<KerasCall> of(KerasConfig object, KerasConfig layer) {
    JsonNode nodes = object.raw("inbound_nodes");
    List<KerasCall> calls = new ArrayList<>();
    if (nodes != null) {
      for (JsonNode node : nodes) {
        List<Ref> inputs = new ArrayList<>();
        Mode mode;
        if (node.isObject()) {
          node.path("args").forEach(argument -> addTensors(layer, argument, inputs));
          mode = mode(layer, node.path("kwargs"));
        } else {
          mode = addCall(layer, node, inputs);
        }
        calls.add(new KerasCall(inputs, mode));
      }
    }
    return calls;
  }

  private static Mode addCall(KerasConfig layer, JsonNode node, List<Ref> inputs) {
    if (node.size() > 0 && node.get(0).isTextual()) {
      return addInput(layer, node, inputs);
    }
    Mode mode = Mode.AS_THE_MODEL;
    for (JsonNode input : node) {
      if (addInput(layer, input, inputs) == Mode.INFERENCE) {
        mode = Mode.INFERENCE;
      }
    }
    return mode;
  }

  private static Mode addInput(KerasConfig layer, JsonNode input, List<Ref> inputs) {
    inputs.add(Ref.of(layer, input));
    return input.size() > 3 ? mode(layer, input.get(3)) : Mode.AS_THE_MODEL;
  }

  private static void addTensors(KerasConfig layer, JsonNode argument, List<Ref> inputs) {
    if (argument.isArray()) {
      argument.forEach(one -> addTensors(layer, one, inputs));
    } else if (argument.path("class_name").asText().equals("__keras_tensor__")) {
      inputs.add(Ref.of(layer, argument.path("config").path("keras_history")));
    } else if (!argument.isNull()) {
      throw layer.refused("it is called with " + argument + ", which only tensors can be");
    }
  }

  /** By the arguments of a call other than its inputs: none, or {@code training=False}. */
  private static Mode mode(KerasConfig layer, JsonNode arguments) {
    Mode mode = Mode.AS_THE_MODEL;
    for (Iterator<Map.Entry<String, JsonNode>> all = arguments.fields(); all.hasNext(); ) {
      Map.Entry<String, JsonNode> one = all.next();
      JsonNode value = one.getValue();
      if (one.getKey().equals("training") && value.isBoolean() && !value.booleanValue()) {
        mode = Mode.INFERENCE;
      } else if (!value.isNull()) {
        throw layer.refused(
            "it is called with "
                + one.getKey()
                + " = "
                + value
                + "; a call with anything but the layers before it and training=False is not"
                + " supported");
      }
    }
    return mode;
  }
}
