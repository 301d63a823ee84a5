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
 *     from, a Keras .h5, a SameDiff graph (.fb) or an ONNX model (.onnx)
 * @param graph what a SameDiff or ONNX graph does not say itself
 */
public record ModelSettings(String source, GraphSettings graph) {
  public ModelSettings {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(graph, "graph");
    if (source.isBlank()) {
      throw new IllegalArgumentException("source must not be blank");
    }
  }

  /** A model that says everything itself. */
  public ModelSettings(String source) {
    this(source, GraphSettings.NONE);
  }
}
