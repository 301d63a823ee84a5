/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import org.apache.spark.sql.Row;

/**
 * A row that a program or Spark's readers hand out.
 *
 * <p>Threading: one thread.
 *
 * @param row borrowed
 */
record RowCells(Row row) implements Cells {

  @Override
  public boolean isNull(int index) {
    return row.isNullAt(index);
  }

  @Override
  public double number(int index) {
    Object value = row.get(index);
    return value instanceof Boolean truth ? (truth ? 1 : 0) : ((Number) value).doubleValue();
  }

  @Override
  public Object value(int index) {
    return row.get(index);
  }
}
