/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.Field;
import java.io.Serializable;
import java.util.List;

/**
 * The columns of one field, in the order of their values in the record.
 *
 * @param field what they make
 * @param columns at least one
 */
record FieldColumns(Field field, List<SourceColumn> columns) implements Serializable {
  private static final long serialVersionUID = 1L;

  FieldColumns {
    columns = List.copyOf(columns);
  }
}
