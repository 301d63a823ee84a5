/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the reader for a class of layers.
 *
 * <p>Threading: any thread.
 */
final class KerasLayers {

  /** Adds a layer of one class to the network and asks for its weights. */
  @FunctionalInterface
  interface Reader {
    /**
     * Reads a layer's configuration to the end.
     *
     * @param inputs at least one, except for an InputLayer
     */
    KerasTensor read(KerasLayer layer, List<KerasTensor> inputs, KerasNet net);
  }

  /** A reader of a layer that reads one tensor. */
  @FunctionalInterface
  interface OneInput {
    /** As {@link Reader#read}. */
    KerasTensor read(KerasLayer layer, KerasTensor input, KerasNet net);
  }

  /** Layers that can read values in another order, and those that do not care. */
  private static final Set<String> TAKE_ORDERS =
      Set.of("Dense", "Flatten", "Dropout", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU");

  /** Layers that leave masked steps out, as Keras's do. */
  private static final Set<String> TAKE_MASKS = Set.of("LSTM", "SimpleRNN", "Bidirectional");

  private static final Map<String, Reader> READERS = readers();

  private KerasLayers() {}

  private static Map<String, Reader> readers() {
    Map<String, Reader> readers = new HashMap<>();
    readers.put("InputLayer", (layer, inputs, net) -> KerasInputs.input(layer, net));
    KerasMerges.addTo(readers);
    Map<String, OneInput> single = new HashMap<>();
    KerasDense.addTo(single);
    KerasActivationLayers.addTo(single);
    KerasNoise.addTo(single);
    KerasShapes.addTo(single);
    KerasConvolutions.addTo(single);
    KerasPooling.addTo(single);
    KerasNormalizations.addTo(single);
    KerasRecurrent.addTo(single);
    single.forEach(
        (name, reader) ->
            readers.put(
                name,
                (layer, inputs, net) -> {
                  if (inputs.size() != 1) {
                    throw layer.config().refused(inputs.size() + " inputs; it has one");
                  }
                  return reader.read(layer, inputs.get(0), net);
                }));
    return Map.copyOf(readers);
  }

  /** Refuses a class that has no reader. */
  static void checkKnown(KerasConfig layer, String className) {
    if (className.equals("Lambda")) {
      throw layer.refused("what a Lambda layer computes is Python code, which is never run here");
    }
    if (!READERS.containsKey(className)) {
      throw layer.refused(
          "layers of the class "
              + className
              + " are not supported; docs/keras.md lists those that are");
    }
  }

  /**
   * Adds a layer to the network.
   *
   * @param mode how it computes in training
   */
  static KerasTensor read(
      KerasLayer layer, List<KerasTensor> inputs, KerasNet net, KerasCall.Mode mode) {
    KerasInputs.checkPrecision(layer);
    for (KerasTensor input : inputs) {
      if (input.order() != null && !TAKE_ORDERS.contains(layer.className())) {
        throw layer
            .config()
            .refused(
                "it reads a tensor of permuted axes, which is supported for Flatten and Dense"
                    + " behind it");
      }
      if (input.mask().isPresent() && !TAKE_MASKS.contains(layer.className())) {
        throw layer
            .config()
            .refused(
                "it reads a sequence with masked steps, which is supported for LSTM, SimpleRNN and"
                    + " Bidirectional only, without any layer between; let the last of them have"
                    + " return_sequences=False");
      }
    }
    if (mode == KerasCall.Mode.INFERENCE) {
      if (KerasNoise.isOne(layer.className()) && layer.major() < 3) {
        return KerasNoise.silent(layer, inputs);
      }
      if (KerasNoise.isOne(layer.className())) {
        throw layer
            .config()
            .refused(
                "it, or a model around it, is called with training=False, which Keras 3 does not"
                    + " follow in fit; leave the layer or training out");
      }
      if (layer.className().equals("BatchNormalization") && layer.trainable()) {
        throw layer
            .config()
            .refused(
                "it, or a model around it, is called with training=False although it is trained;"
                    + " set trainable = False for it, or leave training out");
      }
    }
    return READERS.get(layer.className()).read(layer, inputs, net);
  }
}
