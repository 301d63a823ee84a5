/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.replica.OutputValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.Vectors;

/**
 * Makes what stands in a row of the values of an output.
 *
 * <p>Threading: stateless.
 */
final class OutputCells {

  private OutputCells() {}

  /**
   * The content of a column for one example.
   *
   * @param steps time steps that the example has, where the output is a sequence
   */
  static Object of(
      OutputColumn column, OutputMeaning meaning, OutputValues values, int example, int steps) {
    if (!meaning.isSequence()) {
      return row(column.form(), meaning, values, example, 0);
    }
    List<Object> cells = new ArrayList<>(steps);
    for (int step = 0; step < steps; step++) {
      cells.add(row(column.form(), meaning, values, example, step));
    }
    return scala.collection.JavaConverters.asScalaBuffer(cells).toSeq();
  }

  private static Object row(
      OutputColumn.Form form, OutputMeaning meaning, OutputValues values, int example, int step) {
    return switch (form) {
      case CLASS_INDEX -> classOf(meaning, values, example, step);
      case CLASS_NUMBER -> (double) classOf(meaning, values, example, step);
      case CLASS_NAME -> meaning.classNames().get(classOf(meaning, values, example, step));
      case CLASS_VALUES -> array(classValues(meaning, values, example, step));
      case CLASS_VECTOR -> Vectors.dense(classValues(meaning, values, example, step));
      case LABELS -> labels(values, example, step);
      case NUMBER -> values.values()[values.at(example, step)];
      case NUMBERS -> array(numbers(values, example, step));
      case VECTOR -> Vectors.dense(numbers(values, example, step));
    };
  }

  /** The class that is predicted. */
  static int classOf(OutputMeaning meaning, OutputValues values, int example, int step) {
    return meaning.kind() == OutputMeaning.Kind.BINARY_CLASS
        ? (values.values()[values.at(example, step)] > 0.5 ? 1 : 0)
        : values.largest(example, step);
  }

  private static double[] numbers(OutputValues values, int example, int step) {
    int start = values.at(example, step);
    return Arrays.copyOfRange(values.values(), start, start + values.columns());
  }

  private static double[] classValues(
      OutputMeaning meaning, OutputValues values, int example, int step) {
    double[] numbers = numbers(values, example, step);
    return meaning.kind() == OutputMeaning.Kind.BINARY_CLASS
        ? new double[] {1 - numbers[0], numbers[0]}
        : numbers;
  }

  private static Object labels(OutputValues values, int example, int step) {
    Object[] labels = new Object[values.columns()];
    int start = values.at(example, step);
    for (int i = 0; i < labels.length; i++) {
      labels[i] = values.values()[start + i] > 0.5 ? 1 : 0;
    }
    return labels;
  }

  private static Object array(double[] numbers) {
    Object[] boxed = new Object[numbers.length];
    for (int i = 0; i < boxed.length; i++) {
      boxed[i] = numbers[i];
    }
    return boxed;
  }
}
