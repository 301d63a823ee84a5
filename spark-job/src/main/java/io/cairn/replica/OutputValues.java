/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/**
 * One output of a scored batch, on the Java heap.
 *
 * <p>Threading: a value; the array belongs to whoever asked for it.
 *
 * @param steps rows of an example: its time steps, and 1 of what is no sequence
 * @param columns values of a row
 * @param values of all examples, row after row
 */
@SuppressWarnings("ArrayRecordComponent") // made and read in one place, never compared
public record OutputValues(int steps, int columns, double[] values) {

  /** Where the rows of an output stand in its array. */
  public enum OutputSteps {
    /** It is no sequence: all values of an example are one row, in the array's order. */
    NONE,
    /** {@code [examples, steps, columns]}. */
    FIRST,
    /** {@code [examples, columns, steps]}. */
    LAST
  }

  /** Where the values of a row begin. */
  public int at(int example, int step) {
    return (example * steps + step) * columns;
  }

  /** Whether all values of an example's first rows are finite. */
  public boolean isFinite(int example, int rows) {
    int end = at(example, rows - 1) + columns;
    for (int i = at(example, 0); i < end; i++) {
      if (!Double.isFinite(values[i])) {
        return false;
      }
    }
    return true;
  }

  /** The column with the largest value of a row, the first one of several. */
  public int largest(int example, int step) {
    int start = at(example, step);
    int best = 0;
    for (int i = 1; i < columns; i++) {
      if (values[start + i] > values[start + best]) {
        best = i;
      }
    }
    return best;
  }
}
