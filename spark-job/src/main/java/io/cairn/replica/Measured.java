/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ModelSignature.Labels;
import io.cairn.replica.ModelSignature.Output;
import io.cairn.replica.ModelSignature.Steps;
import java.util.Objects;

/**
 * How one output is measured in a validation.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param kind what is counted
 * @param columns labels of a row: units for probabilities, else what the labels have
 * @param steps where the steps of a sequence stand
 */
public record Measured(OutputKind kind, int columns, StepAxis steps) {

  /** What is counted. */
  public enum OutputKind {
    /** Rows whose largest value is that of the right class. */
    CLASSES,
    /** The same, of probabilities that a cross entropy is trained by. */
    CLASS_PROBABILITIES,
    /** Probabilities, each of a label of its own. */
    PROBABILITIES,
    /** Distances. */
    VALUES,
    /** Nothing: labels have another shape than the output. */
    NOTHING
  }

  /** Where the steps of a sequence stand, and that of anything else in one row. */
  public enum StepAxis {
    /** {@code [examples, columns, steps]}. */
    LAST,
    /** {@code [examples, steps, columns]}. */
    FIRST
  }

  /** What the settings make of the labels. */
  public enum Given {
    /** An index of a class. */
    CLASSES,
    /** Numbers. */
    VALUES
  }

  public Measured {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(steps, "steps");
    if (columns < 1) {
      throw new IllegalArgumentException("labels have at least one column, not " + columns);
    }
  }

  /**
   * The measure of an output.
   *
   * @param given what its labels are
   * @param columns numbers of a label's row, where they are numbers
   */
  public static Measured of(Output output, Given given, int columns) {
    StepAxis steps = output.steps() instanceof Steps.First ? StepAxis.FIRST : StepAxis.LAST;
    return switch (given) {
      case CLASSES ->
          output.labels() == Labels.BINARY
              ? new Measured(OutputKind.PROBABILITIES, 1, steps)
              : new Measured(
                  output.measure() == ModelSignature.Measure.CLASSES
                      ? OutputKind.CLASS_PROBABILITIES
                      : OutputKind.CLASSES,
                  1,
                  steps);
      case VALUES ->
          switch (output.measure()) {
            case PROBABILITIES -> new Measured(OutputKind.PROBABILITIES, columns, steps);
            case CLASSES, VALUES -> new Measured(OutputKind.VALUES, columns, steps);
            case LOSS_ALONE -> new Measured(OutputKind.NOTHING, 1, steps);
          };
    };
  }

  /** The bins of each label's scores. */
  ScoreHistogram histogram() {
    return columns == 1 ? ScoreHistogram.FINE : ScoreHistogram.COARSE;
  }

  /** Numbers that are added up. */
  int sums() {
    return switch (kind) {
      case CLASSES -> 2;
      case CLASS_PROBABILITIES, VALUES -> 3;
      case PROBABILITIES -> Math.addExact(4, Math.multiplyExact(2 * columns, histogram().bins()));
      case NOTHING -> 1;
    };
  }
}
