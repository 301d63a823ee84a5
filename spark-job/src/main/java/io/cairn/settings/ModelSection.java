/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Reads the {@code model} block: the path of a file, or a description.
 *
 * <p>Threading: one thread.
 */
final class ModelSection {

  private static final String ONE_OF_BOTH =
      "give one of them; --set model.source=null or --set model.layers=null takes one out of a file";

  private final Values values;
  private final UnaryOperator<String> absolutePath;

  /** Reads everything; problems go to the findings of {@code values}. */
  ModelSection(Values values, UnaryOperator<String> absolutePath) {
    this.values = values;
    this.absolutePath = absolutePath;
    values.read(ModelSettings.BLOCK);
    boolean described = values.isGiven(LayerSettings.LAYERS);
    if (described && values.isGiven(ModelSettings.SOURCE)) {
      values.wrongIfGiven(LayerSettings.LAYERS, "contradicts model.source", ONE_OF_BOTH);
    } else if (!described && !values.isGiven(ModelSettings.SOURCE)) {
      values.missing(
          ModelSettings.SOURCE,
          "is missing",
          "the path of a .json, .zip, .h5, .fb or .onnx file, or model.layers = [{ dense = 128 }, output]");
    }
    if (described) {
      for (Key<?> key :
          List.of(GraphSettings.OUTPUT, GraphSettings.LOSS, GraphSettings.NORMALISE_BY)) {
        values.wrongIfGiven(
            key, "is for SameDiff graphs and ONNX models", "a layer of model.layers says its loss");
      }
    } else {
      for (Key<?> key :
          List.of(
              LayerSettings.DEFAULTS,
              LayerSettings.INPUTS,
              LayerSettings.OUTPUTS,
              LayerSettings.CHANNELS)) {
        values.wrongIfGiven(key, "has no meaning without model.layers", "");
      }
    }
    FineTuneSettings.read(values);
    if (described) {
      for (Key<?> key : FineTuneSettings.BLOCK.keys().values()) {
        values.wrongIfGiven(key, "has no meaning without the model of a file, model.source", "");
      }
    }
    requireForm(LayerSettings.LAYERS, ConfigValueType.LIST, "must be a list of layers");
    requireForm(LayerSettings.DEFAULTS, ConfigValueType.OBJECT, "must be a block");
  }

  private void requireForm(Key<ConfigValue> key, ConfigValueType type, String message) {
    Optional<ConfigValue> value = values.maybe(key);
    boolean empty = value.isPresent() && value.get() instanceof List<?> list && list.isEmpty();
    if (value.isPresent() && (value.get().valueType() != type || empty)) {
      String fits =
          type == ConfigValueType.LIST
              ? "[{ dense = 128, activation = relu }, output]"
              : "{ activation = relu, l2 = 1e-4 }";
      values.wrongIfGiven(key, message, fits);
    }
  }

  /** The description, as far as there is one that can be read. */
  Optional<LayerSettings> described() {
    return values
        .maybe(LayerSettings.LAYERS)
        .map(layers -> Described.of(LayerSettings.LAYERS.name(), layers))
        .filter(layers -> layers instanceof Described.Entries list && !list.entries().isEmpty())
        .map(
            layers ->
                new LayerSettings(
                    (Described.Entries) layers,
                    defaults(),
                    values.maybe(LayerSettings.INPUTS).orElse(List.of()),
                    values.maybe(LayerSettings.OUTPUTS).orElse(List.of()),
                    values.maybe(LayerSettings.CHANNELS)));
  }

  private Optional<Described.Properties> defaults() {
    return values
        .maybe(LayerSettings.DEFAULTS)
        .map(block -> Described.of(LayerSettings.DEFAULTS.name(), block))
        .filter(Described.Properties.class::isInstance)
        .map(Described.Properties.class::cast);
  }

  /** The settings, once nothing is known to be wrong. */
  ModelSettings build() {
    return new ModelSettings(
        values.maybe(ModelSettings.SOURCE).map(absolutePath),
        described(),
        FineTuneSettings.isGiven(values)
            ? Optional.of(FineTuneSettings.from(values))
            : Optional.empty(),
        GraphSettings.from(values));
  }
}
