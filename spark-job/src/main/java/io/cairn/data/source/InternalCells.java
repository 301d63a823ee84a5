/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.List;
import org.apache.spark.sql.catalyst.CatalystTypeConverters;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import scala.Function1;

/**
 * A row in Spark's own form, which is what its readers make. Numbers are read where they stand: a
 * table of a hundred columns has a hundred of them an example, and making objects of them took
 * longer than all else that is done with them. How a column is read is decided once.
 *
 * <p>Made for each partition that is read, and pointed at one row after the other. Threading: one
 * thread.
 */
final class InternalCells implements Cells {

  /** How a column is read. */
  private enum Kind {
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    SHORT,
    BYTE,
    BOOLEAN,
    DECIMAL,
    OTHER
  }

  private final DataType[] types;
  private final Kind[] kinds;
  private final Function1<?, ?>[] converters;
  private InternalRow row;

  /**
   * @param types of the row's columns
   */
  InternalCells(List<DataType> types) {
    this.types = types.toArray(DataType[]::new);
    this.kinds = new Kind[this.types.length];
    this.converters = new Function1<?, ?>[this.types.length];
    for (int i = 0; i < kinds.length; i++) {
      kinds[i] = kind(this.types[i]);
      if (kinds[i] == Kind.OTHER) {
        converters[i] = CatalystTypeConverters.createToScalaConverter(this.types[i]);
      }
    }
  }

  private static Kind kind(DataType type) {
    if (type.equals(DataTypes.DoubleType)) {
      return Kind.DOUBLE;
    } else if (type.equals(DataTypes.FloatType)) {
      return Kind.FLOAT;
    } else if (type.equals(DataTypes.IntegerType)) {
      return Kind.INT;
    } else if (type.equals(DataTypes.LongType)) {
      return Kind.LONG;
    } else if (type.equals(DataTypes.ShortType)) {
      return Kind.SHORT;
    } else if (type.equals(DataTypes.ByteType)) {
      return Kind.BYTE;
    } else if (type.equals(DataTypes.BooleanType)) {
      return Kind.BOOLEAN;
    }
    return type instanceof DecimalType ? Kind.DECIMAL : Kind.OTHER;
  }

  /**
   * The cells of this row from now on.
   *
   * @param next borrowed until the next is given
   */
  InternalCells at(InternalRow next) {
    row = next;
    return this;
  }

  @Override
  public boolean isNull(int index) {
    return row.isNullAt(index);
  }

  @Override
  public double number(int index) {
    return switch (kinds[index]) {
      case DOUBLE -> row.getDouble(index);
      case FLOAT -> row.getFloat(index);
      case INT -> row.getInt(index);
      case LONG -> row.getLong(index);
      case SHORT -> row.getShort(index);
      case BYTE -> row.getByte(index);
      case BOOLEAN -> row.getBoolean(index) ? 1 : 0;
      case DECIMAL -> decimal(index);
      case OTHER -> throw new IllegalStateException("column " + index + " is " + types[index]);
    };
  }

  private double decimal(int index) {
    DecimalType type = (DecimalType) types[index];
    return row.getDecimal(index, type.precision(), type.scale()).toJavaBigDecimal().doubleValue();
  }

  @Override
  @SuppressWarnings("unchecked") // A converter takes what its type's columns hold.
  public Object value(int index) {
    return row.isNullAt(index)
        ? null
        : ((Function1<Object, Object>) converters[index]).apply(row.get(index, types[index]));
  }
}
