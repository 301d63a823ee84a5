/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.settings.GraphSettings;
import io.cairn.settings.OutputReplacement;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is known of a model besides its file, where the file is a graph that does not say it.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param settings what the operator says
 * @param classes of the first output, if its labels are indices
 * @param columns of each input, in the settings' order: its column where it is one, else empty
 * @param newOutput an output that the graph is to have in place of its own
 */
public record GraphWishes(
    GraphSettings settings,
    OptionalInt classes,
    List<String> columns,
    Optional<NewOutput> newOutput) {

  /** Nothing is said. */
  public static final GraphWishes NONE =
      new GraphWishes(GraphSettings.NONE, OptionalInt.empty(), List.of());

  /**
   * An output that is added.
   *
   * @param replacement what it is
   * @param seed what its weights are drawn from
   */
  public record NewOutput(OutputReplacement replacement, long seed) {}

  /** Of a graph with the output that it has. */
  public GraphWishes(GraphSettings settings, OptionalInt classes, List<String> columns) {
    this(settings, classes, columns, Optional.empty());
  }

  public GraphWishes {
    Objects.requireNonNull(newOutput, "newOutput");
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(classes, "classes");
    columns = List.copyOf(columns);
  }
}
