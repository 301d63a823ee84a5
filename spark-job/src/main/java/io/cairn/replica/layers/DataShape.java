/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * What the data gives a model that the settings describe: the shapes of its inputs, and what its
 * outputs are to tell.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param inputs in the order of {@code data.inputs}
 * @param outputs in the order of {@code data.outputs}
 */
public record DataShape(List<Input> inputs, List<Output> outputs) {

  public DataShape {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** One input. */
  public sealed interface Input {

    /**
     * A flat vector.
     *
     * @param values of an example
     */
    record Flat(int values) implements Input {}

    /**
     * A sequence, with its time steps last.
     *
     * @param values of a time step
     * @param steps the most
     */
    record Sequence(int values, int steps) implements Input {}

    /**
     * An array: a picture, a volume, or a sequence whose length is always the same.
     *
     * @param shape of an example, two to four lengths
     * @param channels where its channels stand
     */
    record Shaped(List<Integer> shape, Channels channels) implements Input {
      public Shaped {
        shape = List.copyOf(shape);
        Objects.requireNonNull(channels, "channels");
      }
    }
  }

  /** Where channels stand in a shape. */
  public enum Channels {
    /** {@code [channels, ...]}. */
    FIRST,
    /** {@code [..., channels]}. */
    LAST
  }

  /** Whether labels have time steps. */
  public enum Steps {
    /** One label a time step. */
    EACH,
    /** One label an example. */
    NONE
  }

  /**
   * One output.
   *
   * @param name what the settings call it, for messages
   * @param classes how many, where the label is one of several classes
   * @param values columns of the label, where it is not
   * @param steps whether there is a label a time step
   */
  public record Output(String name, OptionalInt classes, int values, Steps steps) {}
}
