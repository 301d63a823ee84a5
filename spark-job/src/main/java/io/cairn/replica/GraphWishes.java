/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.settings.GraphSettings;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * What is known of a model besides its file, where the file is a graph that does not say it.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param settings what the operator says
 * @param classes of the first output, if its labels are indices
 * @param columns of each input, in the settings' order: its column where it is one, else empty
 */
public record GraphWishes(GraphSettings settings, OptionalInt classes, List<String> columns) {

  /** Nothing is said. */
  public static final GraphWishes NONE =
      new GraphWishes(GraphSettings.NONE, OptionalInt.empty(), List.of());

  public GraphWishes {
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(classes, "classes");
    columns = List.copyOf(columns);
  }
}
