/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;

/**
 * The layers of a model, in the order of its configuration, and how they are connected. In a
 * sequential model each layer is called with the output of the one before.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} for a model of another kind.
 *
 * @param name of the model
 * @param layers by name
 * @param calls of each layer, by its name
 * @param inputs what stands for the model's inputs
 * @param outputs of the model
 */
record KerasTopology(
    String name,
    Map<String, KerasLayer> layers,
    Map<String, List<KerasCall>> calls,
    List<String> inputs,
    List<KerasCall.Ref> outputs) {

  /** Name of the layer that is made up where a sequential model has no InputLayer. */
  private static final String INPUT = "input";

  /** Whether a class is that of a model and not of a layer. */
  static boolean isModel(String className) {
    return className.equals("Sequential")
        || className.equals("Functional")
        || className.equals("Model");
  }

  /**
   * Reads a model with all models in it.
   *
   * @param file what to call the file in errors
   * @param object class and configuration
   */
  static KerasTopology of(String file, int major, KerasConfig object) {
    return of(new Reading(file, major, true), object, "", "");
  }

  /** All layers but models, in the order of the configuration. */
  List<KerasLayer> leaves() {
    List<KerasLayer> leaves = new ArrayList<>();
    for (KerasLayer layer : layers.values()) {
      layer
          .nested()
          .ifPresentOrElse(model -> leaves.addAll(model.leaves()), () -> leaves.add(layer));
    }
    return leaves;
  }

  /** What models within a model take over; a model that is frozen freezes all layers in it. */
  private record Reading(String file, int major, boolean trainable) {}

  private static KerasTopology of(
      Reading reading, KerasConfig object, String outermost, String path) {
    String className = KerasObject.ownClass(object);
    // Of a model within the model, and of the model itself where it has been read already.
    object.ignore("compile_config");
    if (!isModel(className)) {
      throw object.refused(
          "the model is of the class "
              + className
              + "; only Sequential and functional models can be read, because what a class of its"
              + " own computes is not in the file");
    }
    JsonNode config = object.raw("config");
    if (config == null) {
      throw object.refused("the model has no configuration");
    }
    if (config.isArray()) {
      // Keras before 2.2.3: a sequential model is the list of its layers.
      config = JsonNodeFactory.instance.objectNode().set("layers", config);
    }
    KerasConfig model = object.below(className, config);
    model.ignore("dtype");
    Reading within =
        new Reading(
            reading.file, reading.major, reading.trainable && model.flag("trainable", true));
    KerasTopology topology =
        new KerasTopology(
            model.text("name", "model"),
            new LinkedHashMap<>(),
            new HashMap<>(),
            new ArrayList<>(),
            new ArrayList<>());
    JsonNode layers = model.raw("layers");
    if (layers == null || !layers.isArray() || layers.isEmpty()) {
      throw model.refused("the model has no layers");
    }
    if (className.equals("Sequential")) {
      topology.addSequence(within, model, layers, outermost, path);
    } else {
      topology.addGraph(within, model, layers, outermost, path);
    }
    return topology;
  }

  private void addSequence(
      Reading reading, KerasConfig model, JsonNode layers, String outermost, String path) {
    Map<String, Integer> names = new HashMap<>();
    String before = null;
    for (JsonNode entry : layers) {
      KerasLayer layer = add(reading, model, entry, names, outermost, path);
      if (layer.className().equals("InputLayer")) {
        if (before != null) {
          throw layer.config().refused("an InputLayer in the middle of a Sequential model");
        }
        inputs.add(layer.name());
        calls.put(layer.name(), List.of(new KerasCall()));
      } else {
        if (before == null) {
          before = input(model, layer);
        }
        calls.put(layer.name(), List.of(new KerasCall(new KerasCall.Ref(before, 0, 0))));
      }
      before = layer.name();
    }
    model.ignore("build_input_shape");
    outputs.add(new KerasCall.Ref(before, 0, 0));
  }

  /** Makes up the input of a sequential model whose first layer says its shape. */
  private String input(KerasConfig model, KerasLayer first) {
    KerasConfig config = first.config();
    JsonNode shape = first(config.raw("batch_input_shape"), config.raw("batch_shape"));
    shape = first(shape, model.raw("build_input_shape"));
    if (shape == null && first.nested().isPresent()) {
      KerasTopology inner = first.nested().get();
      shape = inner.layers.get(inner.inputs.get(0)).config().raw("batch_shape");
    }
    if (shape == null) {
      throw model.refused(
          "the model does not say the shape of its input; add an Input, or call it once, before"
              + " saving it");
    }
    String name = layers.containsKey(INPUT) ? INPUT + "_of_" + name() : INPUT;
    KerasConfig made =
        KerasConfig.of(
            model.where() + ", input",
            JsonNodeFactory.instance.objectNode().set("batch_shape", shape));
    layers.put(
        name,
        new KerasLayer(
            name,
            "InputLayer",
            made,
            first.major(),
            true,
            new KerasLayer.Place("", ""),
            Optional.empty()));
    inputs.add(name);
    calls.put(name, List.of(new KerasCall()));
    return name;
  }

  private static JsonNode first(JsonNode one, JsonNode other) {
    return one == null ? other : one;
  }

  private void addGraph(
      Reading reading, KerasConfig model, JsonNode layers, String outermost, String path) {
    Map<String, Integer> names = new HashMap<>();
    for (JsonNode entry : layers) {
      add(reading, model, entry, names, outermost, path);
    }
    KerasCall.Ref.several(model, "input_layers").forEach(ref -> inputs.add(ref.layer()));
    outputs.addAll(KerasCall.Ref.several(model, "output_layers"));
  }

  private KerasLayer add(
      Reading reading,
      KerasConfig model,
      JsonNode entry,
      Map<String, Integer> names,
      String outermost,
      String path) {
    KerasConfig object = model.below("layers", entry);
    String className = KerasObject.ownClass(object);
    JsonNode config = object.raw("config");
    if (config == null || !(config.isObject() || config.isArray())) {
      throw object.refused("a layer without configuration");
    }
    String name = object.text("name", config.path("name").asText(className + layers.size()));
    KerasLayer.Place place =
        new KerasLayer.Place(
            outermost.isEmpty() ? name : outermost,
            (path.isEmpty() ? "" : path + "/")
                + KerasLayer.LAYERS
                + "/"
                + unique(snakeCase(className), names));
    Optional<KerasTopology> nested = Optional.empty();
    KerasConfig own =
        KerasConfig.of(
            reading.file + ": layer " + name + " (" + className + ")",
            config.isObject() ? config : JsonNodeFactory.instance.objectNode());
    if (isModel(className)) {
      nested = Optional.of(of(reading, object, place.outermost(), place.path()));
    } else {
      KerasLayers.checkKnown(own, className);
    }
    KerasLayer layer =
        new KerasLayer(name, className, own, reading.major, reading.trainable, place, nested);
    if (layers.put(name, layer) != null) {
      throw object.refused("the name " + name + " is there twice");
    }
    calls.put(name, KerasCall.of(object, own));
    return layer;
  }

  /** {@code Conv2D} is {@code conv2d}, {@code PReLU} is {@code p_re_lu}. */
  private static String snakeCase(String className) {
    return className
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }

  /**
   * The name itself the first time, then with a number.
   *
   * @param used how often each was asked for; counted on
   */
  private static String unique(String name, Map<String, Integer> used) {
    int before = used.merge(name, 1, Integer::sum) - 1;
    return before == 0 ? name : name + "_" + before;
  }
}
