/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tables of a real Hive metastore, from settings alone to a trained model, by spark-submit with a
 * Spark that has Hive's classes, as its distributions do.
 */
@Tag("heavy")
class HiveIT {

  private static final String EXAMPLE = "conf/examples/catalog-table.conf";
  private static final int DIGITS = 1797;

  @TempDir static Path shared;
  private static HiveMetastore metastore;

  @TempDir Path temp;

  @BeforeAll
  static void tablesAreMade() throws Exception {
    metastore = new HiveMetastore(shared);
    Path digits = Path.of(System.getProperty("cairn.root"), "conf/data/digits.csv");
    try (DriverProcess program = metastore.makeTables(shared, digits)) {
      assertThat(program.exitCode()).as(program.output()).isZero();
    }
  }

  @Test
  void theExampleTrainsOnTheClosedDaysOfAPartitionedTable() throws Exception {
    Path run = temp.resolve("run");
    try (DriverProcess driver =
        metastore.submitted(temp, "train", EXAMPLE, "--set", "output=" + run)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    List<JsonNode> lines = new FinishedRun(run).metrics();
    JsonNode validation = lines.get(lines.size() - 1).get("validation");
    assertThat(validation.get("accuracy").asDouble()).isGreaterThan(0.9);
    assertThat(examplesOfFirstEpoch(lines) + validation.get("examples").asLong()).isEqualTo(DIGITS);
    assertThat(run.resolve("model.zip")).exists();
  }

  @Test
  void whatSparkSavedAndWhatHivesOwnClassesReadTrainToo() throws Exception {
    Path run = temp.resolve("run");
    try (DriverProcess driver =
        metastore.submitted(
            temp,
            "train",
            EXAMPLE,
            "--set",
            "data.train.table=" + HiveTables.SAVED,
            "--set",
            "data.train.query=null",
            "--set",
            "data.validation.table=" + HiveTables.LINES,
            "--set",
            "data.validation.query=null",
            "--set",
            "train.epochs=2",
            "--set",
            "output=" + run)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    List<JsonNode> lines = new FinishedRun(run).metrics();
    assertThat(examplesOfFirstEpoch(lines)).isEqualTo(DIGITS);
    assertThat(lines.get(lines.size() - 1).at("/validation/examples").asLong()).isEqualTo(DIGITS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "science.nothing | the Hive metastore (hive.metastore.uris is not set, so it is an embedded"
            + " one) has no table nothing in its database science",
        "nowhere.digits | the Hive metastore (hive.metastore.uris is not set, so it is an embedded"
            + " one) has no database nowhere",
        "lake.science.digits | there is no catalog lake, since spark.sql.catalog.lake, which names"
            + " its class, is not set"
      })
  void aTableThatIsNotThereIsRefusedInASentence(String table, String words) throws Exception {
    try (DriverProcess driver =
        metastore.submitted(temp, "plan", EXAMPLE, "--set", "data.train.table=" + table)) {
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(2);
      assertThat(driver.output())
          .contains("  - data.train: cannot read table " + table + ": " + words + "\n");
    }
  }

  @Test
  void aSparkWithoutHivesClassesIsRefusedInASentence() throws Exception {
    try (DriverProcess driver = DriverProcess.embedded(temp, "plan", EXAMPLE)) {
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(2);
      assertThat(driver.output())
          .contains(
              "table science.digits: spark.sql.catalogImplementation = hive needs a Spark with Hive's"
                  + " classes")
          .doesNotContain("\tat ");
    }
  }

  private static long examplesOfFirstEpoch(List<JsonNode> lines) {
    return lines.stream()
        .filter(line -> line.has("loss") && line.get("epoch").asInt() == 1)
        .mapToLong(line -> line.get("examples").asLong())
        .sum();
  }
}
