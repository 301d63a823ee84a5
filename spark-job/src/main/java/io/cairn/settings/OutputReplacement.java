/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.text;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What an output becomes: that of a layer, or of a graph. Its weights are drawn anew.
 *
 * @param classes for classification: how many classes, at least 2; absent: not said
 * @param units how many values it has; absent: as many as classes, or as before
 * @param loss another loss; absent: its own, where that fits
 * @param activation another activation; absent: its own, or the one that belongs to the loss
 * @param pooling of a graph: what makes one row an example of steps; absent: nothing
 * @param mask of a graph: the input that says which steps count in a mean; absent: attention_mask
 */
public record OutputReplacement(
    OptionalInt classes,
    OptionalInt units,
    Optional<Loss> loss,
    Optional<Activation> activation,
    Optional<Pooling> pooling,
    Optional<String> mask) {

  private static final String PREFIX = "model.fine-tune.replace-output.";

  static final Key<Integer> CLASSES = Key.of(PREFIX + "classes", count(2, "classes"));
  static final Key<Integer> UNITS = Key.of(PREFIX + "units", count("values"));
  static final Key<Loss> LOSS = Key.of(PREFIX + "loss", choice(Loss.class));
  static final Key<Activation> ACTIVATION = Key.of(PREFIX + "activation", choice(Activation.class));

  static final Key<Pooling> POOLING = Key.of(PREFIX + "pooling", choice(Pooling.class));
  static final Key<String> MASK = Key.of(PREFIX + "mask", text());

  static final Block<OutputReplacement> BLOCK =
      Block.<OutputReplacement>named("model.fine-tune.replace-output", Resume.MUST_STAY)
          .maybeInt(CLASSES, OutputReplacement::classes)
          .maybeInt(UNITS, OutputReplacement::units)
          .maybe(LOSS, OutputReplacement::loss)
          .maybe(ACTIVATION, OutputReplacement::activation)
          .maybe(POOLING, OutputReplacement::pooling)
          .maybe(MASK, OutputReplacement::mask);

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

  /** What makes one row an example of the rows of its steps. */
  public enum Pooling {
    /** The first step's row, such as that of BERT's token [CLS]. */
    FIRST,
    /** The mean of the rows of all steps that count. */
    MEAN,
    /** Nothing: there is one row already, or each step has its label. */
    NONE
  }

  /** A layer's output. */
  public OutputReplacement(
      OptionalInt classes,
      OptionalInt units,
      Optional<Loss> loss,
      Optional<Activation> activation) {
    this(classes, units, loss, activation, Optional.empty(), Optional.empty());
  }

  public OutputReplacement {
    Objects.requireNonNull(classes, "classes");
    Objects.requireNonNull(units, "units");
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(activation, "activation");
    Objects.requireNonNull(pooling, "pooling");
    Objects.requireNonNull(mask, "mask");
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
        values.maybe(ACTIVATION),
        values.maybe(POOLING),
        values.maybe(MASK));
  }
}
