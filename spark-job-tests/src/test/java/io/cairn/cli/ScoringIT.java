/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart's model, measured and applied by the jar. */
@Tag("heavy")
class ScoringIT {

  private static final String QUICKSTART = "conf/quickstart.conf";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;

  private static String[] with(String[] first, String... more) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray(String[]::new);
  }

  private String run(int exitCode, String... arguments) throws Exception {
    try (DriverProcess driver = DriverProcess.embedded(temp, arguments)) {
      int ended = driver.exitCode();
      assertThat(ended).as(driver.output()).isEqualTo(exitCode);
      assertThat(driver.output()).doesNotContain("\tat ", "Exception in thread");
      return driver.output();
    }
  }

  @Test
  void measuresAreThoseOfTheTrainingAndPredictionsAgreeWithThem() throws Exception {
    Path run = temp.resolve("run");
    String[] settings = {QUICKSTART, "--set", "output=" + run};
    assertThat(run(2, with(new String[] {"evaluate"}, settings)))
        .contains("output = " + run + " holds no model.zip: the run has not ended");
    run(0, with(new String[] {"train"}, with(settings, "--set", "train.epochs=3")));
    JsonNode trained = new ArrayList<>(new FinishedRun(run).metrics()).get(3 * 12 + 2);

    String text = run(0, with(new String[] {"evaluate"}, settings));
    assertThat(text).contains("275 examples", "  accuracy ", "taken for which");
    Path file = run.resolve("evaluation.json");
    JsonNode found = JSON.readTree(file.toFile()).get("outputs").get(0);
    assertThat(found.get("accuracy").asDouble())
        .isEqualTo(trained.at("/validation/accuracy").asDouble());
    assertThat(found.get("logLoss").asDouble())
        .isCloseTo(trained.at("/validation/logLoss").asDouble(), offset(1e-6));

    JsonNode measured = JSON.readTree(run.resolve("validation.json").toFile());
    assertThat(measured.at("/outputs/0/confusion"))
        .as("what the run's end says of its model")
        .isEqualTo(found.get("confusion"));
    assertThat(measured.at("/outputs/0/calibrationError").asDouble())
        .isCloseTo(found.get("calibrationError").asDouble(), offset(1e-6));

    byte[] before = Files.readAllBytes(file);
    run(
        0,
        with(
            new String[] {"evaluate"},
            with(
                settings,
                "--set",
                "spark.spark.sql.files.maxPartitionBytes=30000",
                "--set",
                "spark.spark.executor.cores=2")));
    assertThat(file).as("many tasks, the same bytes").hasBinaryContent(before);

    Path predicted = temp.resolve("predicted");
    String[] predict = {
      "predict", QUICKSTART, "--set", "output=" + run, "--data", "conf/data/digits.csv"
    };
    assertThat(run(0, with(predict, "--to", predicted.toString(), "--format", "json")))
        .contains("1,797 examples scored: " + predicted);
    int right = 0;
    int rows = 0;
    for (JsonNode row : rows(predicted)) {
      rows++;
      right += row.get("prediction").asInt() == row.get("digit").asInt() ? 1 : 0;
      assertThat(row.get("probability")).hasSize(10);
    }
    assertThat(rows).isEqualTo(1797);
    assertThat(right).isGreaterThan(1500);
    assertThat(run(2, with(predict, "--to", predicted.toString(), "--format", "json")))
        .contains("already exists", "--mode overwrite or append");
  }

  private static List<JsonNode> rows(Path folder) throws Exception {
    List<JsonNode> rows = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(it -> it.toString().endsWith(".json")).toList()) {
        for (String line : Files.readAllLines(file)) {
          rows.add(JSON.readTree(line));
        }
      }
    }
    return rows;
  }
}
