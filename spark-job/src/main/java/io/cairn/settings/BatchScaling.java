/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.count;

import java.util.Objects;

/**
 * How learning rates follow from the effective batch.
 *
 * @param base examples of the batch that the learning rates are meant for
 * @param rule how they grow with it
 */
public record BatchScaling(int base, Rule rule) {

  static final Key<Integer> BASE = Key.of("train.updater.scale-with-batch.base", count("examples"));
  static final Key<Rule> RULE =
      Key.of("train.updater.scale-with-batch.rule", choice(Rule.class)).byDefault(Rule.LINEAR);

  static final Block<BatchScaling> BLOCK =
      Block.<BatchScaling>named("train.updater.scale-with-batch", Resume.MUST_STAY)
          .with(BASE, BatchScaling::base)
          .with(RULE, BatchScaling::rule);

  /** How a learning rate grows with the effective batch. */
  public enum Rule {
    /** In proportion. */
    LINEAR,
    /** With the square root. */
    SQRT
  }

  public BatchScaling {
    BASE.require(base);
    Objects.requireNonNull(rule, "rule");
  }

  /** What every learning rate is multiplied by. */
  public double factor(int effective) {
    double ratio = (double) effective / base;
    return switch (rule) {
      case LINEAR -> ratio;
      case SQRT -> Math.sqrt(ratio);
    };
  }

  static boolean isGiven(Values values) {
    return values.isGiven(BASE) || values.isGiven(RULE);
  }

  static void read(Values values) {
    values.read(BLOCK);
    if (isGiven(values) && !values.isGiven(BASE)) {
      values.missing(BASE, "is missing", "the batch that the learning rate is meant for");
    }
  }

  /** Once nothing is known to be wrong. */
  static BatchScaling from(Values values) {
    return new BatchScaling(values.of(BASE), values.of(RULE));
  }
}
