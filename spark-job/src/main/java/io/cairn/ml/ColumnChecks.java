/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.util.SchemaUtils;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;

/**
 * Checks of columns that Spark ML does not make itself, in its manner.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: an IllegalArgumentException that names the column, its type, and what would fit.
 */
final class ColumnChecks {

  private ColumnChecks() {}

  /**
   * The type of the features: a vector or an array of numbers.
   *
   * @throws IllegalArgumentException if there is no such column, or it is of another type
   */
  static DataType features(StructType schema, String column) {
    DataType type = schema.apply(column).dataType();
    boolean fits =
        type.equals(SQLDataTypes.VectorType())
            || (type instanceof ArrayType array && array.elementType() instanceof NumericType);
    if (!fits) {
      throw new IllegalArgumentException(
          "Column %s must be a vector or an array of numbers, but was actually of type %s."
              .formatted(column, type.catalogString()));
    }
    return type;
  }

  /** The columns that say which rows are for validation, and how much they count. */
  static void training(StructType schema, CairnParams stage) {
    if (ParamSettings.isNamed(stage, stage.validationIndicatorCol())) {
      SchemaUtils.checkColumnType(
          schema, stage.getValidationIndicatorCol(), DataTypes.BooleanType, "");
    }
    if (ParamSettings.isNamed(stage, stage.weightCol())) {
      SchemaUtils.checkNumericType(schema, stage.getWeightCol(), "");
    }
  }
}
