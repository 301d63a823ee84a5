/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.text;

import java.util.Objects;
import java.util.Optional;

/**
 * Where the model comes from: a file, or the settings themselves. Exactly one of both is present.
 *
 * @param source path of a DL4J configuration (JSON, sequential or graph), a DL4J .zip to go on
 *     from, or a Keras file
 * @param described the model that the settings describe
 */
public record ModelSettings(Optional<String> source, Optional<LayerSettings> described) {
  static final Key<String> SOURCE = Key.of("model.source", text());

  static final Block<ModelSettings> BLOCK =
      Block.<ModelSettings>named("model", Resume.MUST_STAY)
          .maybe(SOURCE, ModelSettings::source)
          .maybe(LayerSettings.BLOCK, ModelSettings::described);

  /** A model in a file. */
  public ModelSettings(String source) {
    this(Optional.of(source), Optional.empty());
  }

  /** A model that the settings describe. */
  public ModelSettings(LayerSettings described) {
    this(Optional.empty(), Optional.of(described));
  }

  public ModelSettings {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(described, "described");
    if (source.isPresent() == described.isPresent()) {
      throw new IllegalArgumentException("exactly one of source and layers");
    }
    if (source.isPresent() && source.get().isBlank()) {
      throw new IllegalArgumentException("source must not be blank");
    }
  }

  /** The setting that says which model it is, for messages. */
  public String name() {
    return source.orElse(LayerSettings.LAYERS.name());
  }
}
