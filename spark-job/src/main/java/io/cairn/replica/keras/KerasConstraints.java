/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.constraint.BaseConstraint;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.MinMaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.deeplearning4j.nn.conf.constraint.UnitNormConstraint;

/**
 * Translates Keras's constraints to DL4J's. Both apply them after each update.
 *
 * <p>They must be set on the layer directly and not by a DL4J builder. A builder clones them, and a
 * clone loses its parameters or its epsilon.
 *
 * <p>Threading: any thread.
 *
 * <p>Failure: {@link io.cairn.replica.ModelException} naming layer and constraint.
 */
final class KerasConstraints {

  /** Keras adds 1e-7 to a norm; DL4J applies a constraint twice. */
  private static final double EPSILON = 0.5e-7;

  private KerasConstraints() {}

  /** Where the axes of a Keras parameter are in DL4J's. */
  enum Axes {
    /** A matrix: [in, out] in both. */
    MATRIX(0, 1),
    /** A vector in both. */
    VECTOR(0),
    /**
     * A kernel of a 2D convolution: [height, width, in, out] in Keras, [out, in, height, width].
     */
    KERNEL_2D(2, 3, 1, 0);

    private final int[] places;

    Axes(int... places) {
      this.places = places;
    }
  }

  /**
   * The constraint on one parameter; empty if there is none.
   *
   * @param layer a layer's configuration
   * @param key {@code kernel_constraint} or the like
   * @param parameter its name in DL4J
   * @param axes where its axes are
   */
  static Optional<LayerConstraint> constraint(
      KerasConfig layer, String key, String parameter, Axes axes) {
    return layer
        .optionalSerialized(key)
        .map(given -> constraint(layer, key, given, parameter, axes));
  }

  private static LayerConstraint constraint(
      KerasConfig layer, String key, KerasObject given, String parameter, Axes axes) {
    Set<String> parameters = Set.of(parameter);
    KerasConfig config = given.config();
    BaseConstraint constraint =
        switch (given.className().toLowerCase(Locale.ROOT).replace("_", "")) {
          case "maxnorm" ->
              new MaxNormConstraint(
                  config.number("max_value", 2), parameters, dimensions(config, axes));
          case "unitnorm" -> new UnitNormConstraint(parameters, dimensions(config, axes));
          case "minmaxnorm" -> {
            config.expect("rate", 1);
            yield new MinMaxNormConstraint(
                config.number("min_value", 0),
                config.number("max_value", 1),
                1,
                parameters,
                dimensions(config, axes));
          }
          case "nonneg", "nonnegative" -> {
            NonNegativeConstraint nonNegative = new NonNegativeConstraint();
            nonNegative.setParams(parameters);
            yield nonNegative;
          }
          default -> throw layer.refused(key, "MaxNorm, NonNeg, UnitNorm and MinMaxNorm");
        };
    constraint.setEpsilon(EPSILON);
    return constraint;
  }

  private static int[] dimensions(KerasConfig config, Axes axes) {
    List<Integer> given = config.has("axis") ? config.integers("axis") : List.of(0);
    config.ignore("axis");
    List<Integer> places = new ArrayList<>();
    for (int axis : given) {
      int wanted = axis < 0 ? axes.places.length + axis : axis;
      if (wanted < 0 || wanted >= axes.places.length) {
        throw config.refused("axis", "axes from 0 to " + (axes.places.length - 1));
      }
      places.add(axes.places[wanted]);
    }
    if (places.size() == axes.places.length && axes != Axes.VECTOR) {
      throw config.refused("axis", "some of the axes, not all");
    }
    return places.stream().mapToInt(Integer::intValue).sorted().toArray();
  }
}
