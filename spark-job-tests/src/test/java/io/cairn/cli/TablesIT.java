/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables and pictures from settings alone to a trained model, and a damaged file to an end. */
class TablesIT {
  private static final int FILES = 200;

  /** Far below the minutes that Spark's retries and an executor's exclusion took. */
  private static final Duration AT_ONCE = Duration.ofSeconds(100);

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({"conf/examples/two-sources.conf, 0.9", "conf/examples/pictures.conf, 0.9"})
  void anExampleTrainsFromItsSettingsAlone(String conf, double accuracy) throws Exception {
    Path run = temp.resolve("run");
    try (DriverProcess driver =
        DriverProcess.embedded(temp, "train", conf, "--set", "output=" + run)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    assertThat(DriverProcess.status(run).get("state").asText()).isEqualTo("SUCCEEDED");
    List<JsonNode> lines = new FinishedRun(run).metrics();
    assertThat(lines.get(lines.size() - 1).at("/validation/accuracy").asDouble())
        .isGreaterThan(accuracy);
    assertThat(run.resolve("model.zip")).exists();
  }

  @Test
  void aDamagedFileOfManyEndsTheRunAtOnceByItsName() throws Exception {
    Path data = temp.resolve("data");
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate()) {
      String pixels = "transform(sequence(1, 64), i -> CAST((id * i) % 17 AS FLOAT)) AS pixels";
      spark
          .range(2 * FILES)
          .selectExpr(pixels, "CAST(id % 10 AS INT) AS digit")
          .repartition(FILES)
          .write()
          .parquet(data.toString());
    }
    Path damaged = damage(data);
    Path run = temp.resolve("run");
    String[] settings = {
      "conf/quickstart.conf",
      "--set",
      "data.train.path=" + data,
      "--set",
      "data.train.format=parquet",
      "--set",
      "data.train.options=null",
      "--set",
      "data.features=pixels",
      "--set",
      "output=" + run,
      "--set",
      "spark.\"spark.eventLog.enabled\"=true",
      "--set",
      "spark.\"spark.eventLog.dir\"=\"" + temp.toUri() + "%s\""
    };
    for (String command : List.of("plan", "train")) {
      Path events = Files.createDirectory(temp.resolve(command));
      String[] arguments = new String[settings.length + 1];
      arguments[0] = command;
      System.arraycopy(settings, 0, arguments, 1, settings.length);
      arguments[settings.length] = arguments[settings.length].formatted(command);
      long began = System.nanoTime();
      try (DriverProcess driver = DriverProcess.embedded(temp, arguments)) {
        assertThat(driver.exitCode()).as(driver.output()).isEqualTo(2);
        assertThat(driver.output())
            .contains(damaged.getFileName() + ": ")
            .doesNotContain("Exception", "\tat ", "Job aborted");
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).as(command).isLessThan(AT_ONCE);
      assertThat(run).doesNotExist();
      assertEndedAtTheFirstTryWithAllExecutors(events);
    }
  }

  /** Spark's own account of the job, which does not depend on how fast the machine is. */
  private static void assertEndedAtTheFirstTryWithAllExecutors(Path events) throws IOException {
    List<String> told;
    try (var files = Files.list(events)) {
      told = Files.readAllLines(files.findFirst().orElseThrow());
    }
    assertThat(told)
        .filteredOn(event -> event.contains("\"SparkListenerJobEnd\""))
        .last()
        .asString()
        .contains("cancelled because its data cannot be read");
    assertThat(told).noneMatch(event -> event.contains("\"SparkListenerExecutorRemoved\""));
  }

  private static Path damage(Path data) throws IOException {
    Path file;
    try (var files = Files.list(data)) {
      file = files.filter(f -> f.toString().endsWith(".parquet")).sorted().toList().get(120);
    }
    byte[] content = Files.readAllBytes(file);
    Arrays.fill(content, 4, content.length / 3, (byte) 0x5a);
    Files.write(file, content);
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
    return file;
  }
}
