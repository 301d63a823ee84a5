/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.rows;
import static io.cairn.data.source.SparkFixture.scaled;
import static io.cairn.data.source.SparkFixture.sequence;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.shaped;
import static io.cairn.data.source.SparkFixture.source;
import static io.cairn.data.source.SparkFixture.validated;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cairn.data.DataException;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import io.cairn.settings.SourceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator's mistake gets one error with all that is wrong, in words of the data. */
class DataErrorsTest {
  private static final StructType NUMBERS =
      new StructType()
          .add("pixel_1", DataTypes.DoubleType)
          .add("pixel_2", DataTypes.DoubleType)
          .add("digit", DataTypes.DoubleType);

  @TempDir Path directory;

  @Test
  void missingSourcesAreBothNamed() {
    DataSettings data =
        validated(
            settings(
                source(directory.resolve("a"), "parquet"),
                List.of(values("x")),
                List.of(values("y"))),
            source(directory.resolve("b"), "csv"));
    assertThat(problems(data, 1))
        .containsExactly(
            "data.train: cannot read %s as parquet: Path does not exist: file:%s."
                .formatted(directory.resolve("a"), directory.resolve("a")),
            "data.validation: cannot read %s as csv: Path does not exist: file:%s."
                .formatted(directory.resolve("b"), directory.resolve("b")));
  }

  @Test
  void anUnknownFormatIsNamed() {
    assertThat(
            problems(
                settings(source(directory, "parkay"), List.of(values("x")), List.of(values("y"))),
                1))
        .singleElement()
        .asString()
        .startsWith("data.train: cannot read " + directory + " as parkay: ")
        .contains("parkay");
  }

  @Test
  void aFileOfAnotherFormatIsNamed() throws IOException {
    Path path = directory.resolve("data.parquet");
    Files.writeString(path, "a,b\n1,2\n");
    assertThat(
            problems(
                settings(source(path, "parquet"), List.of(values("a")), List.of(values("b"))), 1))
        .singleElement()
        .asString()
        .startsWith("data.train: cannot read " + path + " as parquet: ")
        .contains("is not a Parquet file");
  }

  @Test
  void aFileDamagedInTheMiddleIsNamedWithoutAStackOfSparkJobs() throws IOException {
    Path path = write("damaged", numbers(50));
    Path file;
    try (var files = Files.list(path)) {
      file = files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    byte[] content = Files.readAllBytes(file);
    Arrays.fill(content, 4, content.length / 3, (byte) 0x5a);
    Files.write(file, content);
    try (var files = Files.list(path)) {
      for (Path crc : files.filter(f -> f.toString().endsWith(".crc")).toList()) {
        Files.delete(crc);
      }
    }
    assertThat(problems(digits(path), 1))
        .singleElement()
        .asString()
        .startsWith("data.train: cannot read " + path + " as parquet: file:" + "//" + file + ": ");
  }

  @Test
  void missingColumnsAreAllNamedWithTheNearest() {
    Path path = write("columns", numbers(5));
    assertThat(
            problems(
                settings(
                    source(path, "parquet"),
                    List.of(values("pixle_1", "px_*")),
                    List.of(classes("Digit", 10))),
                1))
        .containsExactly(
            "data.train: no column 'pixle_1', nearest: pixel_1; the columns are pixel_1,"
                + " pixel_2, digit",
            "data.train: no column matches 'px_*'; the columns are pixel_1, pixel_2, digit",
            "data.train: no column 'Digit', nearest: digit; the columns are pixel_1, pixel_2,"
                + " digit");
  }

  @Test
  void textColumnsOfCsvAreExplained() throws IOException {
    Path path = directory.resolve("data.csv");
    Files.writeString(path, "1,2\n3,4\n");
    assertThat(
            problems(
                settings(source(path, "csv"), List.of(values("_c0")), List.of(values("_c1"))), 1))
        .containsExactly(
            "data.train: each of 2 columns ('_c0', '_c1') is string, though every value is a number or"
                + " null: give its type in data.train.schema, or CAST(_c0 AS DOUBLE) in"
                + " data.train.query (CSV has numbers with options { header = true, inferSchema ="
                + " true })");
  }

  @Test
  void whatIsNoNumberIsNamedWithItsRowsAndTheWayOut() throws IOException {
    Path path = directory.resolve("na.csv");
    Files.writeString(path, "f1,f2,y\n1,NA,setosa\n2,3,setosa\n3,NA,virginica\n");
    SourceSettings source =
        new SourceSettings(
            path.toString(), "csv", java.util.Map.of("header", "true", "inferSchema", "true"));
    assertThat(problems(settings(source, List.of(values("f1", "f2")), List.of(values("y"))), 1))
        .containsExactly(
            "data.train: column 'f2' is string, and no number in 2 of 3 rows, such as 'NA': if that"
                + " means a missing value, options { nullValue = \"NA\" } of csv reads it as null, and"
                + " data.train.query leaves such rows out (WHERE f2 IS NOT NULL) or fills them"
                + " (COALESCE(TRY_CAST(f2 AS DOUBLE), 0))",
            "data.train: column 'y' is string, and no number in any of 3 rows, such as 'setosa':"
                + " data.train.query can make numbers of it (CASE y WHEN 'setosa' THEN 0 ... END)");
  }

  @Test
  void aLabelAmongTheFeaturesAndAColumnNamedTwiceAreSaid() {
    Path path = write("leak", numbers(5));
    assertThat(
            prepare(
                    settings(
                        source(path, "parquet"),
                        List.of(values("pixel_1", "digit", "pixel_1")),
                        List.of(classes("digit", 10))),
                    1)
                .notes())
        .containsExactly(
            "column 'digit' is a label and among the features too: the model is told what it is to"
                + " find",
            "'pixel_1' is named twice in [pixel_1, digit, pixel_1], and used once");
    assertThat(prepare(digits(path), 1).notes()).isEmpty();
  }

  @Test
  void unusableValuesAreCountedForEveryColumnAndBothSides() {
    List<Row> rows = numbers(10);
    rows.set(0, RowFactory.create(null, 1.0, 1.0));
    rows.set(1, RowFactory.create(null, Double.NaN, 1.0));
    rows.set(2, RowFactory.create(1.0, Double.NEGATIVE_INFINITY, 1.0));
    rows.set(3, RowFactory.create(1.0, 1e39, 10.0));
    rows.set(4, RowFactory.create(1.0, 1.0, 2.5));
    rows.set(5, RowFactory.create(1.0, 1.0, null));
    List<Row> validation = numbers(4);
    validation.set(1, RowFactory.create(1.0, 1.0, -1.0));
    DataSettings data =
        validated(digits(write("train", rows)), source(write("validation", validation), "parquet"));
    assertThat(problems(data, 1))
        .containsExactlyInAnyOrder(
            "data.train: column 'pixel_1' is null in 2 of 10 examples",
            "data.train: column 'pixel_2' is NaN in 1 of 10 examples",
            "data.train: column 'pixel_2' is infinite, or too large for the network's number"
                + " format, in 2 of 10 examples: -Infinity",
            "data.train: column 'digit' holds no class index in 2 of 10 examples: 10, where 10"
                + " classes are 0 to 9",
            "data.train: column 'digit' is null in 1 of 10 examples",
            "data.validation: column 'digit' holds no class index in 1 of 4 examples: -1, where"
                + " 10 classes are 0 to 9");
  }

  @Test
  void arraysOfDifferentLengthsAreCounted() {
    StructType schema =
        new StructType()
            .add("v", DataTypes.createArrayType(DataTypes.DoubleType))
            .add("y", DataTypes.DoubleType);
    Path path =
        write(
            "arrays",
            schema,
            List.of(
                RowFactory.create(List.of(1.0, 2.0), 0.0),
                RowFactory.create(List.of(1.0, 2.0), 0.0),
                RowFactory.create(List.of(1.0), 0.0),
                RowFactory.create(Arrays.asList(1.0, null), 0.0)));
    DataSettings data =
        settings(source(path, "parquet"), List.of(values("v")), List.of(values("y")));
    assertThat(problems(data, 1))
        .containsExactly(
            "data.train: column 'v' has a wrong number of values in 1 of 4 examples: 1 instead of"
                + " 2",
            "data.train: column 'v' is null in 1 of 4 examples");
    assertThat(
            problems(
                settings(
                    source(path, "parquet"), List.of(shaped("v", 1, 2, 2)), List.of(values("y"))),
                1))
        .containsExactly("data.train: the columns of 'v' hold 2 values, but shape [1, 2, 2] has 4");
  }

  @Test
  void sequencesThatDoNotFitAreCounted() {
    DataType floats = DataTypes.createArrayType(DataTypes.DoubleType);
    StructType schema =
        new StructType().add("a", floats).add("b", floats).add("y", DataTypes.DoubleType);
    Path path =
        write(
            "sequences",
            schema,
            List.of(
                RowFactory.create(List.of(1.0, 2.0), List.of(1.0, 2.0), 0.0),
                RowFactory.create(List.of(1.0, 2.0), List.of(1.0), 0.0),
                RowFactory.create(List.of(), List.of(1.0), 0.0),
                RowFactory.create(List.of(1.0, 2.0, 3.0), List.of(1.0), 0.0)));
    assertThat(
            problems(
                settings(
                    source(path, "parquet"), List.of(sequence(2, "a", "b")), List.of(values("y"))),
                1))
        .containsExactly(
            "data.train: column 'b' has another number of time steps than the columns before it in"
                + " 1 of 4 examples: 1 instead of 2",
            "data.train: column 'a' is an empty sequence in 1 of 4 examples",
            "data.train: column 'a' has too many time steps in 1 of 4 examples: 3, at most 2");
    assertThat(
            problems(
                settings(
                    source(path, "parquet"), List.of(sequence(2, "y")), List.of(classes("a", 3))),
                1))
        .containsExactly(
            "data.train: column 'y' is a number; a sequence is an array with a number, or an array"
                + " of numbers, for each time step",
            "data.train: column 'a' is an array of numbers; a class index is a number");
  }

  @Test
  void emptyDataIsSaidToBeEmpty() {
    Path path = write("empty", List.of());
    assertThat(problems(digits(path), 1)).containsExactly("data.train: " + path + " is empty");
    StructType schema =
        new StructType()
            .add("v", DataTypes.createArrayType(DataTypes.DoubleType))
            .add("y", DataTypes.DoubleType);
    Path arrays = write("emptyArrays", schema, List.of());
    assertThat(
            problems(
                settings(source(arrays, "parquet"), List.of(values("v")), List.of(values("y"))), 1))
        .containsExactly(
            "data.train: " + arrays + " is empty, or has no example with values in all of: v");
  }

  @Test
  void fewerExamplesThanWorkersAreRefused() {
    assertThat(problems(digits(write("few", numbers(3))), 4))
        .containsExactly("data.train: 3 examples to train on are too few for 4 workers");
  }

  @Test
  void aFractionThatHoldsOutNothingIsRefused() {
    assertThat(problems(validated(digits(write("small", numbers(2))), 1e-9), 1))
        .containsExactly("data.validation.fraction = 1.0E-9 holds out none of the 2 examples");
  }

  @Test
  void validationWithoutTheColumnsIsRefused() {
    StructType schema =
        new StructType().add("pixel_1", DataTypes.StringType).add("digit", DataTypes.DoubleType);
    Path path = write("other", schema, List.of(RowFactory.create("a", 1.0)));
    assertThat(problems(validated(digits(write("good", numbers(3))), source(path, "parquet")), 1))
        .containsExactly(
            "data.validation: no column 'pixel_2', nearest: pixel_1; the columns are pixel_1,"
                + " digit",
            "data.validation: column 'pixel_1' is string, and no number in any of 1 rows, such as"
                + " 'a': data.validation.query can make numbers of it (CASE pixel_1 WHEN 'a' THEN 0 ..."
                + " END)");
  }

  @Test
  void columnsInWhichAllIsAlikeAreOneSentence() {
    StructType schema = new StructType().add("y", DataTypes.DoubleType);
    Object[] row = new Object[31];
    row[0] = 1.0;
    for (int i = 1; i <= 30; i++) {
      schema = schema.add("x" + i, DataTypes.DoubleType);
    }
    Path path = write("wide", schema, List.of(RowFactory.create(row)));
    List<String> problems =
        problems(settings(source(path, "parquet"), List.of(values("x*")), List.of(values("y"))), 1);
    assertThat(problems)
        .containsExactly(
            "data.train: each of 30 columns ('x1', 'x2', 'x3', ...) is null in 1 of 1 examples");
  }

  @Test
  void aScalingThatTheModelsFileCannotHoldIsRefused() {
    List<Row> tiny = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      tiny.add(RowFactory.create(i * 1e-8, (double) i, i % 10.0));
    }
    DataSettings data = digits(write("tiny", tiny));
    for (Scale scale : List.of(new Scale.Standard(), new Scale.MinMax())) {
      assertThat(problems(scaled(data, scale), 1))
          .singleElement()
          .asString()
          .startsWith("data.scale would multiply column pixel_1 of input 'pixel_*' by ")
          .endsWith("or data.scale = none");
    }
    assertThat(problems(scaled(data, new Scale.Factor(1e6)), 1))
        .singleElement()
        .asString()
        .contains("column pixel_1 (and 1 others) of input 'pixel_*' by 1.00e+06");
  }

  private static List<String> problems(DataSettings data, int workers) {
    return catchThrowableOfType(DataException.class, () -> prepare(data, workers)).problems();
  }

  private static DataSettings digits(Path path) {
    return settings(
        new SourceSettings(path.toString(), "parquet", java.util.Map.of()),
        List.of(values("pixel_*")),
        List.of(classes("digit", 10)));
  }

  private static List<Row> numbers(int count) {
    return new ArrayList<>(
        IntStream.range(0, count)
            .mapToObj(i -> RowFactory.create(i * 0.5, i * 2.0, i % 10.0))
            .toList());
  }

  private Path write(String name, List<Row> rows) {
    return write(name, NUMBERS, rows);
  }

  private Path write(String name, StructType schema, List<Row> rows) {
    Path path = directory.resolve(name);
    rows(schema, rows).coalesce(1).write().parquet(path.toString());
    return path;
  }
}
