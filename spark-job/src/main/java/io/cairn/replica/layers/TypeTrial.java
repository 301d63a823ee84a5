/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.replica.layers.DescribedModel.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * Follows the types from layer to layer as Deeplearning4j's builder will do, on layers of its own,
 * so that the one that does not take what it gets is named with its place.
 *
 * <p>Threading: stateless.
 */
final class TypeTrial {

  private TypeTrial() {}

  /**
   * @param nodes in an order in which each takes what stands before it
   * @param defaults not changed
   * @param inputs names of the inputs
   * @param types of the inputs
   * @throws MisfitException for the first layer that does not take its input
   */
  static void along(
      List<Node> nodes,
      NeuralNetConfiguration.Builder defaults,
      List<String> inputs,
      InputType[] types)
      throws MisfitException {
    Map<String, InputType> known = new HashMap<>();
    Set<String> vectors = new HashSet<>();
    for (int i = 0; i < types.length; i++) {
      known.put(inputs.get(i), types[i]);
    }
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      List<InputType> taken = new ArrayList<>();
      for (String name : node.inputs()) {
        if (!known.containsKey(name)) {
          throw new MisfitException(
              node.entry().at(),
              "takes %s, which is no input".formatted(name),
              Names.suggestion(name, inputs));
        }
        taken.add(known.get(name));
      }
      boolean pooled = isPooling(node) || node.inputs().stream().anyMatch(vectors::contains);
      if (pooled) {
        vectors.add(node.name());
      } else {
        requireOneOutputAnExample(node.entry(), taken);
      }
      known.put(node.name(), through(i, node.entry(), defaults, taken));
    }
  }

  private static InputType through(
      int index, Entry entry, NeuralNetConfiguration.Builder defaults, List<InputType> taken)
      throws MisfitException {
    InputType[] types = taken.toArray(InputType[]::new);
    try {
      if (!entry.isLayer()) {
        return entry.vertex().getOutputType(index, types);
      }
      Layer layer = entry.layer();
      defaults.clone().layer(layer).build();
      InputType type = types.length == 1 ? types[0] : new MergeVertex().getOutputType(index, types);
      Optional<InputPreProcessor> before = entry.inputPreProcessor();
      InputPreProcessor preProcessor =
          before.isPresent() ? before.get() : layer.getPreProcessorForInputType(type);
      if (preProcessor != null) {
        type = preProcessor.getOutputType(type);
      }
      layer.setNIn(type, false);
      return requireSomething(entry, type, layer.getOutputType(index, type));
    } catch (MisfitException e) {
      throw e;
    } catch (Exception e) {
      throw new MisfitException(
          entry.at(),
          "%s does not take %s: %s".formatted(entry.kind(), shown(types), Cause.of(e)),
          "");
    }
  }

  /** Deeplearning4j takes what it makes for a sequence still, though it is none. */
  private static boolean isPooling(Node node) {
    String name = node.entry().type().getSimpleName();
    return name.equals("GlobalPoolingLayer") || name.equals("CapsuleStrengthLayer");
  }

  /** Deeplearning4j would take the steps for examples. */
  private static void requireOneOutputAnExample(Entry entry, List<InputType> taken)
      throws MisfitException {
    String name = entry.type().getSimpleName();
    boolean one = name.equals("OutputLayer") || name.equals("CenterLossOutputLayer");
    if (one && taken.stream().anyMatch(type -> type.getType() == InputType.Type.RNN)) {
      throw new MisfitException(
          entry.at(),
          "%s takes one vector an example, and is given a sequence".formatted(entry.kind()),
          "last-step around the layer before, global-pool before it, or rnn-output");
    }
  }

  /** Deeplearning4j counts with what is below zero, where a kernel is larger than a picture. */
  private static InputType requireSomething(Entry entry, InputType given, InputType left)
      throws MisfitException {
    boolean shaped = left.getType() == InputType.Type.CNN || left.getType() == InputType.Type.CNN3D;
    if (shaped && Arrays.stream(left.getShape()).anyMatch(length -> length < 1)) {
      throw new MisfitException(
          entry.at(),
          "%s leaves nothing of %s of %s"
              .formatted(entry.kind(), shown(given), Arrays.toString(given.getShape())),
          "a smaller kernel or stride, mode = same, or padding");
    }
    return left;
  }

  private static String shown(InputType... types) {
    return String.join(
        " and ",
        Arrays.stream(types)
            .map(
                type ->
                    switch (type.getType()) {
                      case FF -> "a vector";
                      case RNN -> "a sequence";
                      case CNN -> "a picture";
                      case CNNFlat -> "a flat picture";
                      case CNN3D -> "a volume";
                    })
            .distinct()
            .toList());
  }
}
