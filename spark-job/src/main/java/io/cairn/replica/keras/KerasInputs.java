/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Input layers, and what every layer says about its input: shape and precision. */
final class KerasInputs {

  private KerasInputs() {}

  /** The input of a model. */
  static KerasTensor input(KerasLayer layer, KerasNet net) {
    KerasConfig config = layer.config();
    config.expect("sparse", false);
    config.expect("ragged", false);
    config.expect("optional", false);
    config.ignore("input_dtype");
    return net.input(layer.name(), shape(config).orElseThrow(() -> noShape(config)));
  }

  private static RuntimeException noShape(KerasConfig config) {
    return config.refused("it has no shape");
  }

  /** Shape of an example by {@code batch_shape}, without the first axis; -1 for an open size. */
  static Optional<int[]> shape(KerasConfig config) {
    JsonNode newer = config.raw("batch_shape");
    JsonNode older = config.raw("batch_input_shape");
    JsonNode shape = newer == null ? older : newer;
    if (shape == null) {
      return Optional.empty();
    }
    List<Integer> axes = new ArrayList<>();
    for (JsonNode axis : shape) {
      if (!axis.isNull() && !(axis.isInt() && axis.intValue() > 0)) {
        throw config.refused(
            "the shape " + shape + " is not one of whole numbers above 0 and null");
      }
      axes.add(axis.isNull() ? -1 : axis.intValue());
    }
    if (axes.size() < 2) {
      throw config.refused("the shape " + shape + " has no axis besides the examples");
    }
    return Optional.of(axes.stream().skip(1).mapToInt(Integer::intValue).toArray());
  }

  /** Refuses a layer that computes in another precision than float32 or float64. */
  static void checkPrecision(KerasLayer layer) {
    KerasConfig config = layer.config();
    // Said by the input or by the model as well.
    config.ignore("batch_input_shape", "batch_shape", "input_dtype");
    if (layer.className().equals("InputLayer")) {
      // What kind of numbers the data are; they arrive as the network's floating-point numbers.
      config.ignore("dtype");
      return;
    }
    precision(config);
  }

  /** The precision that a layer computes in, {@code float32} if it does not say. */
  static String precision(KerasConfig config) {
    JsonNode dtype = config.raw("dtype");
    String name = "float32";
    if (dtype != null) {
      name = dtype.isTextual() ? dtype.asText() : dtype.path("config").path("name").asText();
    }
    if (!name.equals("float32") && !name.equals("float64")) {
      throw config.refused("dtype", "float32 and float64");
    }
    return name;
  }
}
