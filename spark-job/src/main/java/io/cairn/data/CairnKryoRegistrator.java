/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import com.esotericsoftware.kryo.Kryo;
import java.util.List;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Registers with Kryo all classes that Cairn's jobs send between driver and executors, so that
 * Spark runs with {@code spark.kryo.registrationRequired = true} and nothing else is ever read.
 *
 * <p>Set as {@code spark.kryo.registrator}. The order of the list gives the numbers on the wire,
 * which live no longer than an application: driver and executors run the same jar.
 *
 * <p>Threading: called by Spark for each serializer.
 */
public final class CairnKryoRegistrator implements KryoRegistrator {
  private static final List<String> NAMES =
      List.of(
          "io.cairn.data.source.Placed",
          "io.cairn.data.source.PartitionSurvey",
          "io.cairn.data.source.BucketCounts",
          "io.cairn.data.source.ProblemCounts",
          "io.cairn.data.source.ProblemCounts$Tally",
          "io.cairn.data.source.ProblemCounts$Kind",
          "io.cairn.data.source.ChannelSums");

  /** Spark SQL sends these when it looks at files in order to find the columns, and with rows. */
  private static final List<String> SQL_TYPES =
      List.of(
          "ArrayType",
          "BinaryType$",
          "BooleanType$",
          "ByteType$",
          "CharType",
          "DateType$",
          "DayTimeIntervalType",
          "Decimal",
          "DecimalType",
          "DoubleType$",
          "FloatType$",
          "IntegerType$",
          "LongType$",
          "MapType",
          "Metadata",
          "NullType$",
          "ShortType$",
          "StringType$",
          "StructField",
          "StructType",
          "TimestampNTZType$",
          "TimestampType$",
          "VarcharType",
          "YearMonthIntervalType");

  @Override
  public void registerClasses(Kryo kryo) {
    for (String name : SQL_TYPES) {
      kryo.register(type("org.apache.spark.sql.types." + name));
    }
    kryo.register(type("org.apache.spark.sql.types.StructField").arrayType());
    kryo.register(type("org.apache.spark.sql.types.DataType").arrayType());
    kryo.register(type("org.apache.spark.ml.linalg.VectorUDT"));
    for (String name : NAMES) {
      kryo.register(type(name));
    }
    for (Class<?> type :
        List.of(
            byte[].class,
            byte[][].class,
            int[].class,
            long[].class,
            double[].class,
            Object[].class,
            String[].class,
            java.util.ArrayList.class,
            java.util.HashMap.class)) {
      kryo.register(type);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name, false, CairnKryoRegistrator.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(name + " is not on the class path", e);
    }
  }
}
