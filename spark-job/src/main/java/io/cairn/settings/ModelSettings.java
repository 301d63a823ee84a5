/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.text;

import java.util.Objects;
import java.util.Optional;

/**
 * Where the model comes from, a file or the settings themselves, and what is changed about it.
 * Exactly one of both sources is present.
 *
 * @param source path of a DL4J configuration (JSON, sequential or graph), a DL4J .zip to go on
 *     from, a Keras file, a SameDiff graph (.fb) or an ONNX model (.onnx)
 * @param described the model that the settings describe
 * @param fineTune what is frozen and replaced in a file's model, if anything
 * @param graph what a SameDiff or ONNX graph does not say itself
 */
public record ModelSettings(
    Optional<String> source,
    Optional<LayerSettings> described,
    Optional<FineTuneSettings> fineTune,
    GraphSettings graph) {
  static final Key<String> SOURCE = Key.of("model.source", text());

  static final Block<ModelSettings> BLOCK =
      Block.<ModelSettings>named("model", Resume.MUST_STAY)
          .maybe(SOURCE, ModelSettings::source)
          .maybe(GraphSettings.OUTPUT, model -> model.graph().output())
          .maybe(GraphSettings.LOSS, model -> model.graph().loss())
          .maybe(GraphSettings.NORMALISE_BY, model -> model.graph().normaliseBy())
          .maybe(LayerSettings.BLOCK, ModelSettings::described);

  /** A model in a file, which is trained as it is. */
  public ModelSettings(String source) {
    this(source, Optional.empty());
  }

  /** A model in a file. */
  public ModelSettings(String source, Optional<FineTuneSettings> fineTune) {
    this(Optional.of(source), Optional.empty(), fineTune, GraphSettings.NONE);
  }

  /** A model that the settings describe. */
  public ModelSettings(LayerSettings described) {
    this(Optional.empty(), Optional.of(described), Optional.empty(), GraphSettings.NONE);
  }

  public ModelSettings {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(described, "described");
    Objects.requireNonNull(fineTune, "fineTune");
    Objects.requireNonNull(graph, "graph");
    if (source.isPresent() == described.isPresent()) {
      throw new IllegalArgumentException("exactly one of source and layers");
    }
    if (described.isPresent() && fineTune.isPresent()) {
      throw new IllegalArgumentException("a described model has nothing to be fine-tuned");
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
