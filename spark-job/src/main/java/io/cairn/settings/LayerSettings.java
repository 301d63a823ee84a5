/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.names;
import static io.cairn.settings.Kind.ofItsOwn;

import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A model that is described in the settings. Which layers there are, and which properties they
 * have, the room {@code replica} knows.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param layers an entry a layer, in their order
 * @param defaults properties of all layers that do not say otherwise
 * @param inputs what the layers call the model's inputs; empty: by the usual names
 * @param outputs the layers whose outputs are the model's; empty: those that no other layer takes
 * @param channels where the channels of inputs stand; absent: where {@code data.inputs} says so
 *     ({@code image}), and else first
 */
public record LayerSettings(
    Described.Entries layers,
    Optional<Described.Properties> defaults,
    List<String> inputs,
    List<String> outputs,
    Optional<Channels> channels) {

  private static final String NAMES = "must be a name or a list of names";

  /** Read by {@link ModelSection}, and by {@code replica}. */
  static final Key<ConfigValue> LAYERS = Key.of("model.layers", ofItsOwn());

  /** Read by {@link ModelSection}, and by {@code replica}. */
  static final Key<ConfigValue> DEFAULTS = Key.of("model.defaults", ofItsOwn());

  static final Key<List<String>> INPUTS = Key.of("model.inputs", names(NAMES, "[image, text]"));
  static final Key<List<String>> OUTPUTS = Key.of("model.outputs", names(NAMES, "[kind, age]"));
  static final Key<Channels> CHANNELS = Key.of("model.channels", choice(Channels.class));

  static final Block<LayerSettings> BLOCK =
      Block.<LayerSettings>named("model", Resume.MUST_STAY)
          .with(LAYERS, model -> ConfigValueFactory.fromAnyRef(model.layers().plain()))
          .maybe(
              DEFAULTS,
              model -> model.defaults().map(it -> ConfigValueFactory.fromAnyRef(it.plain())))
          .maybe(INPUTS, model -> Optional.of(model.inputs()).filter(names -> !names.isEmpty()))
          .maybe(OUTPUTS, model -> Optional.of(model.outputs()).filter(names -> !names.isEmpty()))
          .maybe(CHANNELS, LayerSettings::channels);

  /** Where the channels of an input stand. */
  public enum Channels {
    /** {@code [channels, height, width]}; of a sequence {@code [channels, steps]}. */
    FIRST,
    /** {@code [height, width, channels]}; of a sequence {@code [steps, channels]}. */
    LAST
  }

  public LayerSettings {
    Objects.requireNonNull(layers, "layers");
    Objects.requireNonNull(defaults, "defaults");
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    Objects.requireNonNull(channels, "channels");
    if (layers.entries().isEmpty()) {
      throw new IllegalArgumentException("a model has at least one layer");
    }
  }
}
