/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * What a model was compiled with: an optimizer, and a loss and its weight for each output.
 *
 * @param optimizer in DL4J's terms
 * @param losses in the order of the model's outputs
 */
record KerasTraining(KerasOptimizer optimizer, List<Loss> losses) {

  /**
   * A loss of an output, which {@link KerasLosses} translates when the output is known.
   *
   * @param function as the file has it
   * @param weight among those of all outputs
   */
  record Loss(KerasObject function, double weight) {}

  KerasTraining {
    losses = List.copyOf(losses);
  }

  /**
   * Reads {@code training_config} (HDF5) or {@code compile_config} (.keras). The caller finishes
   * the object when all losses have been translated.
   *
   * @param outputs names of the model's outputs
   */
  static KerasTraining of(KerasConfig compiled, List<String> outputs) {
    // Of metrics a note speaks; the others say how TensorFlow runs its steps.
    compiled.ignore(
        "metrics",
        "weighted_metrics",
        "run_eagerly",
        "steps_per_execution",
        "jit_compile",
        "auto_scale_loss");
    compiled.expect("sample_weight_mode");
    KerasObject optimizer =
        compiled.serialized(compiled.has("optimizer_config") ? "optimizer_config" : "optimizer");
    List<KerasObject> functions = functions(compiled, outputs);
    List<Double> weights = weights(compiled, outputs);
    List<Loss> losses = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      losses.add(new Loss(functions.get(i), weights.get(i)));
    }
    return new KerasTraining(KerasOptimizers.optimizer(optimizer), losses);
  }

  private static List<KerasObject> functions(KerasConfig compiled, List<String> outputs) {
    JsonNode loss = compiled.raw("loss");
    if (loss == null) {
      throw compiled.refused(
          "the model was compiled without a loss; compile it with one before saving it");
    }
    List<KerasObject> functions = new ArrayList<>();
    if (loss.isTextual() || loss.has("class_name")) {
      for (int i = 0; i < outputs.size(); i++) {
        functions.add(KerasObject.of(compiled, "loss", loss));
      }
      return functions;
    }
    for (JsonNode one : perOutput(compiled, "loss", loss, outputs)) {
      functions.add(KerasObject.of(compiled, "loss", one));
    }
    return functions;
  }

  private static List<Double> weights(KerasConfig compiled, List<String> outputs) {
    JsonNode given = compiled.raw("loss_weights");
    List<Double> weights = new ArrayList<>();
    if (given == null) {
      outputs.forEach(output -> weights.add(1.0));
      return weights;
    }
    for (JsonNode one : perOutput(compiled, "loss_weights", given, outputs)) {
      if (!one.isNumber()) {
        throw compiled.refused("loss_weights", "a number for each output");
      }
      weights.add(one.doubleValue());
    }
    return weights;
  }

  /** The entries of a list or of a dictionary by output, in the order of the outputs. */
  private static List<JsonNode> perOutput(
      KerasConfig compiled, String key, JsonNode given, List<String> outputs) {
    List<JsonNode> entries = new ArrayList<>();
    if (given.isNumber()) {
      entries.add(given);
    } else if (given.isArray()) {
      given.forEach(entries::add);
    } else {
      outputs.forEach(
          output ->
              Optional.ofNullable(given.get(output))
                  .filter(entry -> !entry.isNull())
                  .ifPresent(entries::add));
    }
    if (entries.size() != outputs.size()
        || given.size() > outputs.size()
        || entries.stream().anyMatch(JsonNode::isNull)) {
      throw compiled.refused(key, "one for each of the outputs " + String.join(", ", outputs));
    }
    return entries;
  }
}
