/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import java.util.Objects;

/**
 * How the model's inputs were scaled in training. It is stored with the model in DL4J's own form,
 * so that whoever loads the model can scale its inputs in the same way.
 *
 * @param kind what the two values of a channel are
 * @param inputs the model's inputs in its order; empty for {@link ScalingKind#NONE} and {@link
 *     ScalingKind#STORED}
 */
public record InputScaling(ScalingKind kind, List<Input> inputs) {

  /** DL4J's normalizers that can be stored. */
  public enum ScalingKind {
    /** Nothing to store. */
    NONE,
    /** As it came with the model, whose {@code normalizer.bin} is stored again. */
    STORED,
    /** {@code (x - first) / second}: mean and standard deviation. */
    STANDARD,
    /** {@code (x - first) / (second - first)}: minimum and maximum. */
    MIN_MAX
  }

  /**
   * One input.
   *
   * @param first mean or minimum of each channel
   * @param second standard deviation or maximum of each channel
   */
  public record Input(List<Double> first, List<Double> second) {
    public Input {
      first = List.copyOf(first);
      second = List.copyOf(second);
      if (first.size() != second.size()) {
        throw new IllegalArgumentException("every channel has two values");
      }
    }
  }

  public InputScaling {
    Objects.requireNonNull(kind, "kind");
    inputs = List.copyOf(inputs);
  }

  /** Inputs were scaled by what came with the model. */
  public static InputScaling stored() {
    return new InputScaling(ScalingKind.STORED, List.of());
  }

  /** Inputs went in as they were. */
  public static InputScaling none() {
    return new InputScaling(ScalingKind.NONE, List.of());
  }
}
