/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;

/**
 * One column that goes into a field.
 *
 * @param name as the source calls it
 * @param rowIndex its place in the rows that are read
 * @param type what it holds
 * @param width values it gives an example; in a sequence, values it gives a time step
 */
record SourceColumn(String name, int rowIndex, ColumnType type, int width) implements Serializable {
  private static final long serialVersionUID = 1L;
}
