/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.spark;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cairn.data.DataException;
import io.cairn.settings.DataSettings;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a reader throws is the data's fault: in a sentence, with the file and the cause. */
@Tag("spark")
class ReaderFailureTest {
  @TempDir Path directory;

  @Test
  void aFileWhoseColumnHasAnotherTypeIsNamedWithBoth() throws IOException {
    spark().range(5).selectExpr("CAST(id AS INT) f", "0 y").write().parquet(at("drift/a"));
    spark().range(5).selectExpr("CAST(id AS DOUBLE) f", "0 y").write().parquet(at("drift/b"));
    String path = at("drift") + "/*";
    assertThat(problem(data(new SourceSettings(path, "parquet", Map.of()))))
        .startsWith("data.train: cannot read " + path + " as parquet: file://" + directory)
        .contains("/drift/")
        .containsPattern("column 'f' is \\w+ in this file, and not \\w+ as in the table's schema");
  }

  @Test
  void aDamagedFileOfManyIsNamed() throws IOException {
    spark().range(200).selectExpr("id AS f", "0 y").repartition(20).write().parquet(at("many"));
    Path file;
    try (var files = Files.list(directory.resolve("many"))) {
      file = files.filter(f -> f.toString().endsWith(".parquet")).sorted().toList().get(11);
    }
    byte[] content = Files.readAllBytes(file);
    Arrays.fill(content, 4, 40, (byte) 0x5a);
    Files.write(file, content);
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
    assertThat(problem(data(new SourceSettings(at("many"), "parquet", Map.of()))))
        .contains(file.getFileName() + ": it is damaged: ");
    SourceSettings shuffled =
        query(at("many"), "SELECT f, max(y) AS y FROM data GROUP BY f ORDER BY f");
    assertThat(problem(data(shuffled)))
        .as("also where the reader is in a stage of Spark's own")
        .contains(file.getFileName() + ": ");
  }

  @Test
  void whatAQueryCannotComputeIsNamedWithTheFileAndHowFarItCame() throws IOException {
    Path path = directory.resolve("text.csv");
    Files.writeString(path, "1,0\n2,0\nthree,0\n");
    SourceSettings source =
        new SourceSettings(
            new SourcePlace.Files(
                Optional.of(path.toString()), "csv", Map.of(), Optional.of("a STRING, y INT")),
            Optional.of("SELECT IF(a = 'three', raise_error('no ' || a), 1) AS f, y FROM data"),
            Map.of());
    assertThat(problem(data(source)))
        .isEqualTo(
            "data.train: cannot read the query over %s as csv: file://%s (after 2 rows of it): no three"
                .formatted(path, path));
  }

  @Test
  void libsvmsIndicesAreCounted() throws IOException {
    Path path = directory.resolve("zero.svm");
    Files.writeString(path, "0 0:1 2:3\n");
    assertThat(
            problem(
                settings(
                    new SourceSettings(path.toString(), "libsvm", Map.of()),
                    List.of(values("features")),
                    List.of(classes("label", 2)))))
        .contains("indices should be one-based");
  }

  @Test
  void whatAMachineThrowsIsNot() {
    assertThat(ReaderFault.of(new IOException("read", new SocketTimeoutException("60 s"))))
        .isEmpty();
    assertThat(ReaderFault.of(new IOException("No space left on device"))).isEmpty();
    assertThat(
            ReaderFault.of(
                new java.io.FileNotFoundException("/disk1/blockmgr-7a/0c/temp_shuffle (no file)")))
        .as("where Spark writes its shuffles")
        .isEmpty();
    assertThat(ReaderFault.of(new SparkException("Job 3 cancelled because of a stop"))).isEmpty();
    assertThat(ReaderFault.of(new OutOfMemoryError("Java heap space"))).isEmpty();
    assertThat(ReaderFault.of(new IOException("the shipment was cancelled")).orElseThrow().text())
        .isEqualTo("the shipment was cancelled");
  }

  @Test
  void aStackTraceInTextTellsTheSame() {
    String trace =
        """
        org.apache.spark.SparkException: Encountered error while reading file file:///d/a.xml. Details:
        \tat org.apache.spark.Reader.read(Reader.scala:1)
        Caused by: com.example.BrokenRecordException: record 7 has no end
        \tat com.example.Reader.next(Reader.java:5)
        """;
    assertThat(ReaderFault.of(trace))
        .contains(new ReaderFault("record 7 has no end", Optional.of("file:///d/a.xml")));
    assertThat(ReaderFault.of(trace.replace("BrokenRecord", "SocketTimeout"))).isEmpty();
  }

  private static String problem(DataSettings data) {
    List<String> problems =
        catchThrowableOfType(DataException.class, () -> prepare(data, 1)).problems();
    assertThat(problems).hasSize(1);
    return problems.get(0);
  }

  private static DataSettings data(SourceSettings source) {
    return settings(source, List.of(values("f")), List.of(classes("y", 3)));
  }

  private static SourceSettings query(String path, String query) {
    return new SourceSettings(
        new SourcePlace.Files(Optional.of(path), "parquet", Map.of(), Optional.empty()),
        Optional.of(query),
        Map.of());
  }

  private String at(String name) {
    return directory.resolve(name).toString();
  }

  /** Whichever Spark runs the test. */
  @Test
  void columnsOfAnotherTypeAreToldInSparksNewWordsToo() {
    String trace =
        """
        org.apache.spark.SparkException: [FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH] \
        Encountered error while reading file file:///b/part-1.parquet. Data type mismatches when \
        reading Parquet column [f]. Expected Spark type int, actual Parquet type DOUBLE. SQLSTATE: KD001
        Caused by: org.apache.spark.sql.execution.datasources.SchemaColumnConvertNotSupportedException: \
        column: [f], physicalType: DOUBLE, logicalType: int
        """;
    assertThat(ReaderFault.of(trace))
        .contains(
            new ReaderFault(
                "column 'f' is DOUBLE in this file, and not int as in the table's schema",
                Optional.of("file:///b/part-1.parquet")));
  }
}
