/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables and pictures from settings alone to a trained model, and a damaged file to an end. */
@Tag("heavy")
class TablesIT {
  private static final int FILES = 200;

  /** Far below the minutes that Spark's retries and an executor's exclusion took. */
  private static final Duration AT_ONCE = Duration.ofSeconds(100);

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "conf/examples/two-sources.conf, 0.9",
    "conf/examples/sequences.conf, 0.8",
    "conf/examples/fine-tune.conf, 0.95"
  })
  void eachExampleTrainsFromItsSettingsAlone(String conf, double accuracy) throws Exception {
    anExampleTrainsFromItsSettingsAlone(conf, accuracy);
  }

  @ParameterizedTest
  @CsvSource({"conf/examples/pictures.conf, 0.9"})
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
  void theNamesOfClassesArePrintedStoredAndGoOnWithTheModel() throws Exception {
    String said = "classes of output layer1: setosa, versicolor, virginica";
    Path run = temp.resolve("named");
    String output = "output=" + run;
    String[] once = {"conf/examples/class-names.conf", "--set", "train.epochs=1", "--set", output};
    try (DriverProcess driver = DriverProcess.embedded(temp, with("train", once))) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
      assertThat(driver.output()).contains(said);
    }
    JsonNode stored = new ObjectMapper().readTree(new FinishedRun(run).entry("cairn.json"));
    assertThat(stored.at("/classes/layer1").toString())
        .isEqualTo("[\"setosa\",\"versicolor\",\"virginica\"]");
    // The labels are still texts, and the model says what they mean.
    String[] further = {
      once[0],
      "--set",
      "model.source=" + run.resolve("model.zip"),
      "--set",
      "data.classes=3",
      "--set",
      "data.scale=null"
    };
    try (DriverProcess driver = DriverProcess.embedded(temp, with("plan", further))) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
      assertThat(driver.output()).contains(said);
    }
    String[] other = {once[0], "--set", "data.classes=[setosa, virginica, dubia]"};
    try (DriverProcess driver = DriverProcess.embedded(temp, with("plan", other))) {
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(2);
      assertThat(driver.output()).contains("species", "versicolor");
    }
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
      // One file of text, as Spark 3.5 writes it by itself.
      "spark.\"spark.eventLog.rolling.enabled\"=false",
      "--set",
      "spark.\"spark.eventLog.compress\"=false",
      "--set",
      "spark.\"spark.eventLog.dir\"=\"" + temp.toUri() + "%s\""
    };
    for (String command : List.of("plan", "train")) {
      Path events = Files.createDirectory(temp.resolve(command));
      String[] arguments = with(command, settings);
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

  private static String[] with(String command, String... arguments) {
    return Stream.concat(Stream.of(command), Stream.of(arguments)).toArray(String[]::new);
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
        // A Spark of one process, as that of plan, tries nothing again, and may be first.
        .containsAnyOf("cancelled because its data cannot be read", "failed 1 times");
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
