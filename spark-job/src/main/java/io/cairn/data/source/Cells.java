/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

/**
 * The values of one row, as an encoder reads them: numbers without boxes, everything else as Spark
 * hands it out in a {@link org.apache.spark.sql.Row}.
 *
 * <p>Threading: one thread.
 */
interface Cells {

  /** Whether there is no value in this place. */
  boolean isNull(int index);

  /**
   * The number in a column of {@link ColumnType#SCALAR}; of a boolean 0 or 1.
   *
   * @param index of a place that is not null
   */
  double number(int index);

  /** The value in any other column; null if there is none. */
  Object value(int index);
}
