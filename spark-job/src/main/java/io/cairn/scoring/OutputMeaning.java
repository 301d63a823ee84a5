/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.replica.OutputValues.OutputSteps;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * What the values of one output of the model are.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name as the model calls it
 * @param kind what is predicted
 * @param values whether the values are probabilities
 * @param units values of a row
 * @param classNames of the classes in the order of their indices; empty if they have none
 * @param steps where the rows of a sequence stand
 */
public record OutputMeaning(
    String name, Kind kind, Values values, int units, List<String> classNames, OutputSteps steps)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What is predicted. */
  public enum Kind {
    /** One of several classes, by the unit with the largest value. */
    CLASS,
    /** One of two classes, by a single unit: the probability of the second. */
    BINARY_CLASS,
    /** Any number of labels, each with a unit of its own. */
    LABELS,
    /** Numbers. */
    NUMBERS
  }

  /** What the values are. */
  public enum Values {
    /** Probabilities. */
    PROBABILITIES,
    /** Any numbers. */
    ANY
  }

  public OutputMeaning {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(values, "values");
    Objects.requireNonNull(steps, "steps");
    classNames = List.copyOf(classNames);
    if (units < 1 || (kind == Kind.BINARY_CLASS && units != 1)) {
      throw new IllegalArgumentException(units + " units do not fit " + kind);
    }
    if (!classNames.isEmpty() && classNames.size() != classes(kind, units)) {
      throw new IllegalArgumentException(
          classNames + " are not " + classes(kind, units) + " classes");
    }
  }

  /** How many classes there are; 0 of what is no class. */
  public int classes() {
    return classes(kind, units);
  }

  private static int classes(Kind kind, int units) {
    return switch (kind) {
      case CLASS -> units;
      case BINARY_CLASS -> 2;
      case LABELS, NUMBERS -> 0;
    };
  }

  /** Whether there is a row for each time step. */
  public boolean isSequence() {
    return steps != OutputSteps.NONE;
  }
}
