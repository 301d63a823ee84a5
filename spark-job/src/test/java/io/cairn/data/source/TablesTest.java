/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.rows;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.spark;
import static io.cairn.data.source.SparkFixture.validated;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cairn.data.CairnKryoRegistrator;
import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.ModelDemand;
import io.cairn.settings.DataSettings;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import scala.reflect.ClassTag$;

/**
 * Tables, queries and large folders: whatever Spark runs and sends on its own to read them, it can.
 */
class TablesTest {
  /** More than Spark lists without a job of its own. */
  private static final int FOLDERS = 40;

  private static final StructType SCHEMA =
      new StructType()
          .add("day", DataTypes.IntegerType)
          .add("x", DataTypes.DoubleType)
          .add("y", DataTypes.IntegerType)
          .add("at", DataTypes.DateType)
          .add("price", DataTypes.createDecimalType(10, 2))
          .add("tags", DataTypes.createArrayType(DataTypes.StringType));

  /** The same table in each format, written once and read by all. */
  @TempDir static Path tables;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "parquet, mergeSchema, true",
    "parquet, mergeSchema, false",
    "orc, mergeSchema, true",
    "json, multiLine, false",
    "csv, inferSchema, true"
  })
  void foldersThatSparkListsInAJobAreRead(String format, String option, String value) {
    Path path = table(format);
    Map<String, String> options = Map.of("header", "true", option, value);
    SourceSettings source = new SourceSettings(path.toString(), format, options);
    assertThat(prepare(data(source), 2).info().trainExamples()).isEqualTo(FOLDERS);
    SourceSettings globbed = new SourceSettings(path + "/*/*." + format, format, options);
    assertThat(prepare(data(globbed), 2).info().trainExamples()).isEqualTo(FOLDERS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT x, y FROM data WHERE day < 20",
        "SELECT d.x, o.y FROM data d JOIN other o ON d.day = o.day WHERE d.day < 20",
        "SELECT /*+ MERGE(o) */ d.x, o.y FROM data d JOIN other o ON d.day = o.day WHERE d.day < 20",
        "SELECT d.x, d.y FROM data d LEFT ANTI JOIN (SELECT day FROM other WHERE day >= 20) o ON d.day = o.day",
        "SELECT round(avg(x), 6) AS x, max(y) AS y FROM data GROUP BY day % 20",
        "SELECT x, y FROM data ORDER BY day LIMIT 20",
        "SELECT x, CAST(size(array_sort(collect_list(day))) AS INT) AS y FROM data WHERE day < 20 GROUP BY x",
        "SELECT x, y FROM data WHERE day IN (SELECT day FROM other WHERE day < 20)",
        "SELECT x, y FROM (SELECT *, row_number() OVER (ORDER BY day) n FROM data) WHERE n <= 20",
        "SELECT x, y FROM data WHERE day < 10 UNION ALL SELECT x, y FROM other WHERE day < 10"
      })
  void aQueryMayJoinSortGroupAndUnite(String query) {
    Path path = table("parquet");
    Path other = table("csv");
    assertThat(prepare(data(query(path, other, query)), 2).info().trainExamples()).isEqualTo(20);
  }

  @Test
  void partitionedTablesOfTheCatalogAreRead() {
    spark().sql("CREATE DATABASE IF NOT EXISTS shop LOCATION '" + directory.resolve("shop") + "'");
    rows(SCHEMA, days())
        .write()
        .mode(SaveMode.Overwrite)
        .partitionBy("day")
        .saveAsTable("shop.sales");
    try {
      SourceSettings table =
          new SourceSettings(new SourcePlace.Table("shop.sales"), Optional.empty(), Map.of());
      assertThat(prepare(data(table), 2).info().trainExamples()).isEqualTo(FOLDERS);
      SourceSettings joined =
          new SourceSettings(
              new SourcePlace.Table("shop.sales"),
              Optional.of(
                  "SELECT s.x, s.y FROM data s JOIN shop.sales o USING (day) WHERE day > 9"),
              Map.of());
      DataSettings both = validated(data(table), joined);
      assertThat(prepare(both, 2).info().validationExamples()).isEqualTo(FOLDERS - 10);
    } finally {
      spark().sql("DROP DATABASE shop CASCADE");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "shop.sails | the session's own catalog does not have it; a Hive metastore is read with"
            + " spark.sql.catalogImplementation = hive, other catalogs by spark.sql.catalog.NAME",
        "sails | the session's own catalog does not have it; a Hive metastore is read with"
            + " spark.sql.catalogImplementation = hive, other catalogs by spark.sql.catalog.NAME",
        "lake.shop.sales | there is no catalog lake, since spark.sql.catalog.lake, which names its"
            + " class, is not set",
        "shop.2 sails | Syntax error at or near '.2'"
      })
  void aTableThatIsMissingIsRefusedWithTheSettingThatNamesItsCatalog(String name, String words) {
    SourceSettings gone =
        new SourceSettings(new SourcePlace.Table(name), Optional.empty(), Map.of());
    assertThat(problems(data(gone)))
        .singleElement()
        .asString()
        .startsWith("data.train: cannot read table " + name + ": " + words);
  }

  @Test
  void theSchemaMayBeGiven() throws IOException {
    Path path = directory.resolve("plain.csv");
    Files.writeString(path, "1.5,1\n2.5,0\n");
    assertThat(prepare(data(withSchema(path, "x DOUBLE, y INT")), 1).info().trainExamples())
        .isEqualTo(2);
    assertThat(problems(data(withSchema(path, "x DOBLE"))))
        .singleElement()
        .asString()
        .startsWith("data.train: schema = x DOBLE is no list of columns and types: ")
        .contains("DOBLE");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT rand() AS x, y FROM data | rand()",
        "SELECT x, y, uuid() u FROM data | uuid()",
        "SELECT x, y FROM data WHERE at < current_date() | current_date()",
        "SELECT unix_timestamp() AS x, y FROM data | current_timestamp()",
        "SELECT first(x) AS x, y FROM data GROUP BY y | first()",
        "SELECT collect_list(x) AS x, y FROM data GROUP BY y | collect_list()",
        "SELECT sum(x) AS x, y FROM data GROUP BY y | sum() of floating-point numbers",
        "SELECT x, y FROM data LIMIT 3 | LIMIT or OFFSET without ORDER BY",
        "SELECT x, y FROM data TABLESAMPLE (50 PERCENT) | TABLESAMPLE",
        "SELECT x, y FROM data WHERE x IN (SELECT rand() FROM other) | rand()"
      })
  void aQueryWhoseRowsMayChangeIsRefusedByName(String query, String culprit) {
    Path path = table("parquet");
    assertThat(problems(data(query(path, path, query))))
        .singleElement()
        .asString()
        .startsWith(
            "data.train.query: its rows may change from one reading to the next, by " + culprit);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DROP TABLE data | DROP",
        "INSERT INTO data SELECT * FROM other | INSERT",
        "SELECT x, z FROM data | `z` cannot be resolved",
        "SELECT x FRM data | Syntax error",
        "SELECT x, y FROM nowhere | `nowhere` cannot be found"
      })
  void whatIsNoQueryIsRefusedInOneLine(String query, String words) {
    Path path = table("parquet");
    assertThat(problems(data(query(path, path, query))))
        .singleElement()
        .asString()
        .startsWith("data.train.query: ")
        .contains(words)
        .doesNotContain("\n");
  }

  @Test
  void whatOurOwnJobsSendIsRegistered() {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.kryo.registrator", CairnKryoRegistrator.class.getName())
            .set("spark.kryo.registrationRequired", "true");
    SerializerInstance kryo = new KryoSerializer(conf).newInstance();
    Path path = table("parquet");
    try (ReadingWatch watch = ReadingWatch.open(spark().sparkContext())) {
      SourceSettings source = new SourceSettings(path.toString(), "parquet", Map.of());
      SourceTable table = new SourceTable(spark(), Frames.none(), watch, "data.train", source);
      List<FieldColumns> fields = Layouts.of(table, data(source), ModelDemand.usual(1, 1));
      ExampleLayout layout =
          Layouts.layout(ElementKind.FLOAT32, fields, ExampleLayout.Weights.NONE);
      SurveyPlan plan =
          new SurveyPlan(layout, new Ownership(1, 0.5), 4, SurveyPlan.Fitting.STATISTICS);
      PartitionSurvey survey =
          Survey.of(table, new ExampleEncoder(layout, fields, Optional.empty()), plan);
      survey.problems().add("x", ProblemCounts.ProblemKind.NULL, "");
      for (Object sent : List.of(survey, new KeyedRecord(1, 2, new byte[3]))) {
        Object back =
            kryo.deserialize(
                kryo.serialize(sent, ClassTag$.MODULE$.apply(Object.class)),
                ClassTag$.MODULE$.apply(Object.class));
        assertThat(back).isInstanceOf(sent.getClass());
      }
    }
  }

  private static List<String> problems(DataSettings data) {
    return catchThrowableOfType(DataException.class, () -> prepare(data, 1)).problems();
  }

  private static DataSettings data(SourceSettings source) {
    return settings(source, List.of(values("x")), List.of(classes("y", 100)));
  }

  private static SourceSettings query(Path data, Path other, String query) {
    return new SourceSettings(
        files(data, "parquet", Map.of()),
        Optional.of(query),
        Map.of(
            "other",
            data.equals(other)
                ? files(other, "parquet", Map.of())
                : files(other, "csv", Map.of("header", "true", "inferSchema", "true"))));
  }

  private static SourceSettings withSchema(Path path, String schema) {
    return new SourceSettings(
        new SourcePlace.Files(Optional.of(path.toString()), "csv", Map.of(), Optional.of(schema)),
        Optional.empty(),
        Map.of());
  }

  private static SourcePlace files(Path path, String format, Map<String, String> options) {
    return new SourcePlace.Files(Optional.of(path.toString()), format, options, Optional.empty());
  }

  private static synchronized Path table(String format) {
    Path path = tables.resolve(format);
    if (Files.exists(path)) {
      return path;
    }
    List<Row> rows = days();
    StructType schema = SCHEMA;
    if (format.equals("csv")) {
      schema = new StructType(java.util.Arrays.copyOf(SCHEMA.fields(), 5));
      rows =
          rows.stream()
              .map(r -> RowFactory.create(r.get(0), r.get(1), r.get(2), r.get(3), r.get(4)))
              .toList();
    }
    rows(schema, rows)
        .coalesce(1)
        .write()
        .partitionBy("day")
        .format(format)
        .option("header", "true")
        .save(path.toString());
    return path;
  }

  private static List<Row> days() {
    return IntStream.range(0, FOLDERS)
        .mapToObj(
            day ->
                RowFactory.create(
                    day,
                    day * 0.5,
                    day % 3,
                    java.sql.Date.valueOf("2026-01-01"),
                    new java.math.BigDecimal("1.25"),
                    List.of("a", "b")))
        .toList();
  }
}
