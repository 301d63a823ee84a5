/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;

/**
 * Where the model comes from.
 *
 * @param source path of a DL4J configuration (JSON, sequential or graph), a DL4J .zip to go on
 *     from, or a Keras .h5
 */
public record ModelSettings(String source) {
  public ModelSettings {
    Objects.requireNonNull(source, "source");
    if (source.isBlank()) {
      throw new IllegalArgumentException("source must not be blank");
    }
  }
}
