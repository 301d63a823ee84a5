/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.Arrays;
import java.util.Optional;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;

/** The types of columns that an example can be made from. */
enum ColumnType {
  /** A number or a boolean. */
  SCALAR("a number"),
  /** {@code array<number>}. */
  ARRAY("an array of numbers"),
  /** {@code array<array<number>>}, or an array of ML vectors. */
  NESTED("an array of arrays of numbers"),
  /** An ML vector, dense or sparse. */
  VECTOR("an ML vector"),
  /** Bytes, each an unsigned number. */
  BINARY("bytes"),
  /** A text: the name of a class. */
  TEXT("a text"),
  /** {@code array<string>}: the name of a class for each time step. */
  TEXTS("an array of texts"),
  /** A row of Spark's image source. */
  IMAGE("a picture");

  private final String description;

  ColumnType(String description) {
    this.description = description;
  }

  String description() {
    return description;
  }

  /** The kind of a Spark type; empty if no example can be made of it. */
  static Optional<ColumnType> of(DataType type) {
    if (isNumber(type)) {
      return Optional.of(SCALAR);
    }
    if (type.equals(DataTypes.BinaryType)) {
      return Optional.of(BINARY);
    }
    if (isVector(type)) {
      return Optional.of(VECTOR);
    }
    if (type.equals(DataTypes.StringType)) {
      return Optional.of(TEXT);
    }
    if (type instanceof StructType struct
        && Arrays.equals(struct.fieldNames(), ImageSchema.columnSchema().fieldNames())) {
      return Optional.of(IMAGE);
    }
    if (type instanceof ArrayType array) {
      return ofElements(array.elementType());
    }
    return Optional.empty();
  }

  private static Optional<ColumnType> ofElements(DataType element) {
    if (isNumber(element)) {
      return Optional.of(ARRAY);
    }
    if (element.equals(DataTypes.StringType)) {
      return Optional.of(TEXTS);
    }
    boolean nested =
        isVector(element) || (element instanceof ArrayType inner && isNumber(inner.elementType()));
    return nested ? Optional.of(NESTED) : Optional.empty();
  }

  /** Whether only a class can be made of it, and only one that has a name. */
  boolean isText() {
    return this == TEXT || this == TEXTS;
  }

  private static boolean isNumber(DataType type) {
    return type instanceof NumericType || type.equals(DataTypes.BooleanType);
  }

  private static boolean isVector(DataType type) {
    return type.equals(SQLDataTypes.VectorType());
  }
}
