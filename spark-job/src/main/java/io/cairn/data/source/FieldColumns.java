/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.Encoding;
import io.cairn.data.Field;
import io.cairn.data.Handover;
import java.io.Serializable;
import java.util.List;

/**
 * The columns of one field, in the order of their values in the record.
 *
 * @param field what they make
 * @param columns at least one
 * @param indices values are whole numbers below this, indices of an embedding; 0: any values
 * @param pictures how pictures are decoded; null: the columns hold none
 */
record FieldColumns(Field field, List<SourceColumn> columns, long indices, Pictures pictures)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  FieldColumns {
    columns = List.copyOf(columns);
  }

  FieldColumns(Field field, List<SourceColumn> columns) {
    this(field, columns, 0, null);
  }

  /** Whether each column is a number that is written as it is. */
  boolean isPlainNumbers() {
    return indices == 0
        && pictures == null
        && !field.isSequence()
        && field.encoding() instanceof Encoding.Values
        && columns.stream().allMatch(column -> column.type() == ColumnType.SCALAR);
  }

  /** The same field out of the columns of another source. */
  FieldColumns over(List<SourceColumn> others, int pathIndex) {
    return new FieldColumns(
        field, others, indices, pictures == null ? null : pictures.withPathAt(pathIndex));
  }

  /** The same columns of a field that is handed to the network in this way. */
  FieldColumns handedOver(Handover handover) {
    return new FieldColumns(field.handedOver(handover), columns, indices, pictures);
  }

  /** The same columns, whose values are indices below {@code limit}. */
  FieldColumns withIndices(long limit) {
    return new FieldColumns(field, columns, limit, pictures);
  }
}
