/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.collect;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.rows;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.shaped;
import static io.cairn.data.source.SparkFixture.source;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.SourceSettings;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("spark")
class SourceFormatsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"parquet", "orc", "json", "csv"})
  void tablesOfEveryFormatGiveTheSameExamples(String format) {
    StructType schema =
        new StructType()
            .add("label", DataTypes.IntegerType)
            .add("x_1", DataTypes.DoubleType)
            .add("x_2", DataTypes.DoubleType)
            .add("on", DataTypes.BooleanType);
    List<Row> rows =
        List.of(RowFactory.create(2, 0.5, -1.25, true), RowFactory.create(0, 3.0, 4.0, false));
    Path path = directory.resolve(format);
    rows(schema, rows).write().format(format).option("header", "true").save(path.toString());
    Map<String, String> options =
        format.equals("csv") ? Map.of("header", "true", "inferSchema", "true") : Map.of();
    PreparedData data =
        prepare(
            settings(
                new SourceSettings(path.toString(), format, options),
                List.of(values("on", "x_*")),
                List.of(classes("label", 3))),
            1);
    assertThat(floats(data, 3)).containsExactlyInAnyOrder("1.0 0.5 -1.25 |2", "0.0 3.0 4.0 |0");
  }

  @Test
  void libsvmGivesSparseVectorsAndAnIntegralLabel() throws IOException {
    Path path = directory.resolve("data.libsvm");
    Files.writeString(path, "1 1:0.5 3:2\n0 2:1\n");
    PreparedData data =
        prepare(
            settings(
                source(path, "libsvm"), List.of(values("features")), List.of(classes("label", 2))),
            1);
    assertThat(floats(data, 3)).containsExactlyInAnyOrder("0.5 0.0 2.0 |1", "0.0 1.0 0.0 |0");
  }

  @Test
  void everyNumericTypeArrayVectorAndBytesBecomeValues() {
    StructType schema =
        new StructType()
            .add("byte", DataTypes.ByteType)
            .add("short", DataTypes.ShortType)
            .add("int", DataTypes.IntegerType)
            .add("long", DataTypes.LongType)
            .add("float", DataTypes.FloatType)
            .add("double", DataTypes.DoubleType)
            .add("decimal", DataTypes.createDecimalType(10, 2))
            .add("array", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("dense", SQLDataTypes.VectorType())
            .add("sparse", SQLDataTypes.VectorType())
            .add("bytes", DataTypes.BinaryType)
            .add("y", DataTypes.FloatType);
    Row row =
        RowFactory.create(
            (byte) -1,
            (short) 2,
            3,
            4L,
            5f,
            6.0,
            new BigDecimal("7.25"),
            List.of(8, 9),
            Vectors.dense(10, 11),
            Vectors.sparse(3, new int[] {1}, new double[] {12}),
            new byte[] {(byte) 255, 1},
            0.5f);
    Path path = directory.resolve("types");
    rows(schema, List.of(row)).write().parquet(path.toString());
    PreparedData data =
        prepare(
            settings(
                source(path, "parquet"),
                List.of(values("byte", "short", "int", "long", "*")),
                List.of(values("y"))),
            1,
            ElementKind.FLOAT64);
    byte[] record = collect(data.trainShards(1)).get(0).get(0);
    double[] found = new double[17];
    ByteBuffer.wrap(record).order(ExampleLayout.BYTE_ORDER).asDoubleBuffer().get(found);
    assertThat(found).containsExactly(-1, 2, 3, 4, 5, 6, 7.25, 8, 9, 10, 11, 0, 12, 0, 255, 1, 0.5);
    assertThat(data.info().layout().inputs().get(0).name()).isEqualTo("byte, short, int, long, *");
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void idxFilesGiveImagesAndLabels(boolean compressed) throws IOException {
    Path images =
        IdxFixture.images(
            directory, compressed, new int[] {3, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 255, 7);
    IdxFixture.labels(directory, compressed, 2, 1, 0);
    PreparedData data =
        prepare(
            settings(
                source(images, "idx"),
                List.of(shaped("pixels", 1, 2, 2)),
                List.of(classes("label", 3))),
            2);
    assertThat(data.info().layout().fields())
        .containsExactly(
            Field.array("pixels", Field.Role.INPUT, List.of(1, 2, 2)),
            Field.classIndex("label", Field.Role.OUTPUT, 3));
    assertThat(floats(data, 4))
        .containsExactlyInAnyOrder(
            "1.0 2.0 3.0 4.0 |2", "5.0 6.0 7.0 8.0 |1", "9.0 0.0 255.0 7.0 |0");
  }

  @Test
  void sequencesBecomeChannelsByTimeWithTheirLength() {
    StructType schema =
        new StructType()
            .add("a", DataTypes.createArrayType(DataTypes.FloatType))
            .add("bc", DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.FloatType)))
            .add("tag", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("y", DataTypes.DoubleType);
    Row row =
        RowFactory.create(
            List.of(1f, 2f), List.of(List.of(10f, 20f), List.of(11f, 21f)), List.of(1, 0), 0.5);
    Path path = directory.resolve("sequences");
    Dataset<Row> table = rows(schema, List.of(row));
    table.write().parquet(path.toString());
    List<ColumnSettings> outputs = List.of(SparkFixture.classSequence(3, 2, "tag"), values("y"));
    PreparedData data =
        prepare(
            settings(
                source(path, "parquet"), List.of(SparkFixture.sequence(3, "a", "bc")), outputs),
            1);
    ByteBuffer record =
        ByteBuffer.wrap(collect(data.trainShards(1)).get(0).get(0)).order(ExampleLayout.BYTE_ORDER);
    float[] expected = {1, 2, 0, 10, 11, 0, 20, 21, 0};
    for (float value : expected) {
      assertThat(record.getFloat()).isEqualTo(value);
    }
    assertThat(record.getInt()).isEqualTo(2);
    assertThat(List.of(record.getInt(), record.getInt(), record.getInt())).containsExactly(1, 0, 0);
    assertThat(record.getInt()).isEqualTo(2);
    assertThat(record.getFloat()).isEqualTo(0.5f);
    assertThat(record.hasRemaining()).isFalse();
  }

  @Test
  void severalInputsAndOutputsStandInTheOrderOfTheSettings() {
    StructType schema = new StructType();
    for (String name : List.of("a", "b", "c", "d")) {
      schema = schema.add(name, DataTypes.DoubleType);
    }
    Path path = directory.resolve("several");
    rows(schema, List.of(RowFactory.create(1.0, 2.0, 3.0, 4.0))).write().parquet(path.toString());
    PreparedData data =
        prepare(
            settings(
                source(path, "parquet"),
                List.of(values("c"), values("a", "b")),
                List.of(values("d", "a"), values("b"))),
            1);
    ByteBuffer record =
        ByteBuffer.wrap(collect(data.trainShards(1)).get(0).get(0)).order(ExampleLayout.BYTE_ORDER);
    List<Float> found = new ArrayList<>();
    while (record.hasRemaining()) {
      found.add(record.getFloat());
    }
    assertThat(found).containsExactly(3f, 1f, 2f, 4f, 1f, 2f);
    assertThat(data.info().layout().inputs()).hasSize(2);
    assertThat(data.info().layout().outputs()).hasSize(2);
  }

  /** Records of float32 values and one class, as text. */
  private static List<String> floats(PreparedData data, int width) {
    List<String> found = new ArrayList<>();
    for (byte[] bytes : collect(data.trainShards(1)).get(0)) {
      ByteBuffer record = ByteBuffer.wrap(bytes).order(ExampleLayout.BYTE_ORDER);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < width; i++) {
        text.append(record.getFloat()).append(' ');
      }
      found.add(text.append('|').append(record.getInt()).toString());
    }
    return found;
  }
}
