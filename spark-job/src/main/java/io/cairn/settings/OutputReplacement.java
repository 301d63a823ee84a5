/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.count;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What an output layer becomes. Its weights are drawn anew.
 *
 * @param classes for classification: how many classes, at least 2; absent: not said
 * @param units how many values it has; absent: as many as classes, or as before
 * @param loss another loss; absent: its own, where that fits
 * @param activation another activation; absent: its own, or the one that belongs to the loss
 */
public record OutputReplacement(
    OptionalInt classes, OptionalInt units, Optional<Loss> loss, Optional<Activation> activation) {

  private static final String PREFIX = "model.fine-tune.replace-output.";

  static final Key<Integer> CLASSES = Key.of(PREFIX + "classes", count(2, "classes"));
  static final Key<Integer> UNITS = Key.of(PREFIX + "units", count("values"));
  static final Key<Loss> LOSS = Key.of(PREFIX + "loss", choice(Loss.class));
  static final Key<Activation> ACTIVATION = Key.of(PREFIX + "activation", choice(Activation.class));

  static final Block<OutputReplacement> BLOCK =
      Block.<OutputReplacement>named("model.fine-tune.replace-output", Resume.MUST_STAY)
          .maybeInt(CLASSES, OutputReplacement::classes)
          .maybeInt(UNITS, OutputReplacement::units)
          .maybe(LOSS, OutputReplacement::loss)
          .maybe(ACTIVATION, OutputReplacement::activation);

  /** Deeplearning4j's losses, by its names, that an output layer of vectors or steps may have. */
  public enum Loss {
    /** Cross entropy of classes, one-hot. */
    MCXENT,
    /** The same of class indices. */
    SPARSE_MCXENT,
    /** The same as MCXENT. */
    NEGATIVELOGLIKELIHOOD,
    /** Cross entropy of independent probabilities. */
    XENT,
    /** Mean squared error. */
    MSE,
    /** Mean absolute error. */
    MEAN_ABSOLUTE_ERROR,
    /** Sum of squared errors. */
    L2,
    /** Sum of absolute errors. */
    L1,
    /** Of counts. */
    POISSON,
    /** Hinge. */
    HINGE
  }

  /** Activations of an output layer, by Deeplearning4j's names. */
  public enum Activation {
    /** None. */
    IDENTITY,
    /** Probabilities that add up to 1. */
    SOFTMAX,
    /** A probability each. */
    SIGMOID,
    /** From -1 to 1. */
    TANH,
    /** Above 0. */
    SOFTPLUS
  }

  public OutputReplacement {
    Objects.requireNonNull(classes, "classes");
    Objects.requireNonNull(units, "units");
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(activation, "activation");
    classes.ifPresent(CLASSES::require);
    units.ifPresent(UNITS::require);
    if (classes.isPresent() && units.isPresent()) {
      throw new IllegalArgumentException("classes or units, not both");
    }
  }

  static boolean isGiven(Values values) {
    return BLOCK.keys().values().stream().anyMatch(values::isGiven);
  }

  static void read(Values values) {
    values.read(BLOCK);
    if (values.isGiven(CLASSES) && values.isGiven(UNITS)) {
      values.wrongIfGiven(UNITS, "contradicts classes", "classes, or units and a loss");
    }
  }

  /** Once nothing is known to be wrong. */
  static OutputReplacement from(Values values) {
    return new OutputReplacement(
        values.maybeInt(CLASSES),
        values.maybeInt(UNITS),
        values.maybe(LOSS),
        values.maybe(ACTIVATION));
  }
}
