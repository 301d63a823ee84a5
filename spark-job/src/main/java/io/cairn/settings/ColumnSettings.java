/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The columns that make one input or one output of the model.
 *
 * @param columns column names or patterns with {@code *}, in this order
 * @param classes for an output: the column is a class index below this; absent: values
 * @param shape the array's shape for one example, without the example dimension; empty: one flat vector
 * @param maxSteps for sequences: the longest sequence in time steps; each column then holds one value (or one array of
 *     values) a step, shorter sequences are padded and masked; absent: not a sequence
 */
public record ColumnSettings(
    List<String> columns, OptionalInt classes, List<Integer> shape, OptionalInt maxSteps) {

  public ColumnSettings {
    columns = List.copyOf(columns);
    Objects.requireNonNull(classes, "classes");
    shape = List.copyOf(shape);
    Objects.requireNonNull(maxSteps, "maxSteps");
  }
}
