/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;
import java.util.Optional;

/**
 * Where the model comes from, and what is changed about it.
 *
 * @param source path of a DL4J configuration (JSON, sequential or graph), a DL4J .zip to go on
 *     from, or a Keras .h5
 * @param fineTune what is frozen and replaced, if anything
 */
public record ModelSettings(String source, Optional<FineTuneSettings> fineTune) {

  /** A model that is trained as it is. */
  public ModelSettings(String source) {
    this(source, Optional.empty());
  }

  public ModelSettings {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(fineTune, "fineTune");
    if (source.isBlank()) {
      throw new IllegalArgumentException("source must not be blank");
    }
  }
}
