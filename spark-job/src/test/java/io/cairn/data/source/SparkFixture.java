/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.CairnKryoRegistrator;
import io.cairn.data.ElementKind;
import io.cairn.data.ModelDemand;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import io.cairn.settings.SourceSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The Spark session of the tests, which serializes as a run does, and short ways to settings. */
public final class SparkFixture {
  static final long SEED = 7;

  private static SparkSession session;

  private SparkFixture() {}

  /** One session for all tests of this JVM; it ends with the JVM. */
  public static synchronized SparkSession spark() {
    if (session == null) {
      session =
          SparkSession.builder()
              // Four tries of a task, as on a cluster.
              .master("local[2, 4]")
              .appName("cairn-data-tests")
              .config("spark.ui.enabled", "false")
              .config("spark.driver.host", "127.0.0.1")
              .config("spark.driver.bindAddress", "127.0.0.1")
              .config("spark.sql.shuffle.partitions", "2")
              .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "4")
              .config("spark.serializer", KryoSerializer.class.getName())
              .config("spark.kryo.registrator", CairnKryoRegistrator.class.getName())
              .getOrCreate();
    }
    return session;
  }

  public static SourceSettings source(Object path, String format) {
    return new SourceSettings(path.toString(), format, Map.of());
  }

  public static ColumnSettings values(String... columns) {
    return new ColumnSettings(
        Arrays.asList(columns), OptionalInt.empty(), List.of(), OptionalInt.empty());
  }

  static ColumnSettings shaped(String column, Integer... shape) {
    return new ColumnSettings(
        List.of(column), OptionalInt.empty(), Arrays.asList(shape), OptionalInt.empty());
  }

  public static ColumnSettings classes(String column, int classes) {
    return new ColumnSettings(
        List.of(column), OptionalInt.of(classes), List.of(), OptionalInt.empty());
  }

  static ColumnSettings sequence(int maxSteps, String... columns) {
    return new ColumnSettings(
        Arrays.asList(columns), OptionalInt.empty(), List.of(), OptionalInt.of(maxSteps));
  }

  static ColumnSettings classSequence(int maxSteps, int classes, String column) {
    return new ColumnSettings(
        List.of(column), OptionalInt.of(classes), List.of(), OptionalInt.of(maxSteps));
  }

  public static DataSettings settings(
      SourceSettings train, List<ColumnSettings> inputs, List<ColumnSettings> outputs) {
    return new DataSettings(
        train, Optional.empty(), OptionalDouble.empty(), inputs, outputs, new Scale.None());
  }

  static DataSettings scaled(DataSettings data, Scale scale) {
    return new DataSettings(
        data.train(),
        data.validation(),
        data.validationFraction(),
        data.inputs(),
        data.outputs(),
        scale);
  }

  static DataSettings validated(DataSettings data, double fraction) {
    return new DataSettings(
        data.train(),
        Optional.empty(),
        OptionalDouble.of(fraction),
        data.inputs(),
        data.outputs(),
        data.scale());
  }

  static DataSettings validated(DataSettings data, SourceSettings validation) {
    return new DataSettings(
        data.train(),
        Optional.of(validation),
        OptionalDouble.empty(),
        data.inputs(),
        data.outputs(),
        data.scale());
  }

  static Dataset<Row> rows(StructType schema, List<Row> rows) {
    return spark().createDataFrame(rows, schema);
  }

  public static PreparedData prepare(DataSettings data, int workers) {
    return prepare(data, workers, ElementKind.FLOAT32);
  }

  static PreparedData prepare(DataSettings data, int workers, ElementKind kind) {
    ModelDemand demand = ModelDemand.usual(data.inputs().size(), data.outputs().size());
    return PreparedData.prepare(spark(), Frames.none(), data, kind, demand, workers, SEED);
  }

  /** The records of each rank. */
  static List<List<byte[]>> collect(JavaRDD<byte[]> shards) {
    return Arrays.asList(
        shards.collectPartitions(IntStream.range(0, shards.getNumPartitions()).toArray()));
  }
}
