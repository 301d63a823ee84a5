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
import java.util.List;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart through spark-submit, on two executor processes, to a model. */
@Tag("spark")
class TrainIT {

  private static final String QUICKSTART = "conf/quickstart.conf";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;

  @Test
  void submittedRunLeavesAModelThatPlainDl4jLoads() throws Exception {
    Path run = temp.resolve("run");
    String[] train = {"train", QUICKSTART, "--set", "output=" + run, "--set", "train.epochs=8"};
    try (DriverProcess driver = DriverProcess.submitted(temp, "local-cluster[2,2,1024]", train)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
      assertThat(driver.output())
          .contains(
              "workers 2 x micro 16 x steps 4 = effective 128",
              "compute.threads = auto: a worker computes 2 micro-batches side by side",
              "epoch 8/8, update 96/96");
    }
    JsonNode status = DriverProcess.status(run);
    assertThat(status.get("state").asText()).isEqualTo("SUCCEEDED");
    assertThat(status.get("update").asLong()).isEqualTo(96);
    assertThat(status.get("threads").asInt()).isEqualTo(2);
    List<JsonNode> lines = metrics(run);
    assertThat(lines).hasSize(96 + 8);
    assertThat(lines.get(0).fieldNames())
        .toIterable()
        .containsExactly(
            "update",
            "epoch",
            "examples",
            "loss",
            "learningRate",
            "gradientNorm",
            "examplesPerSecond",
            "computeMs",
            "waitMs",
            "reduceMs",
            "applyMs",
            "atMs");
    assertThat(lines.stream().filter(line -> line.has("noise")))
        .as("every tenth update measures the gradient's noise")
        .hasSize(9);
    assertThat(lines.get(lines.size() - 1).at("/validation/accuracy").asDouble())
        .isGreaterThan(0.93);
    MultiLayerNetwork model = MultiLayerNetwork.load(run.resolve("model.zip").toFile(), true);
    assertThat(model.numParams()).isEqualTo(17_226);
    assertThat(model.getIterationCount()).isEqualTo(96);
    assertThat(run.toFile().list())
        .containsExactlyInAnyOrder(
            "STATUS.json",
            "settings.json",
            "environment.json",
            "metrics.jsonl",
            "validation.json",
            "model.zip",
            "report.html",
            "checkpoints",
            "claims");

    byte[] before = Files.readAllBytes(run.resolve("STATUS.json"));
    try (DriverProcess again = DriverProcess.embedded(temp, train)) {
      assertThat(again.exitCode()).isZero();
      assertThat(again.output()).contains("is finished: nothing to do");
    }
    assertThat(run.resolve("STATUS.json")).hasBinaryContent(before);

    Path other = temp.resolve("other");
    String[] alone = {
      "train",
      QUICKSTART,
      "--set",
      "output=" + other,
      "--set",
      "train.epochs=8",
      "--set",
      "compute.threads=1"
    };
    try (DriverProcess embedded = DriverProcess.embedded(temp, alone)) {
      assertThat(embedded.exitCode()).as(embedded.output()).isZero();
    }
    assertThat(coefficients(other))
        .as("the same settings, started another way, on one thread a worker, give the same bits")
        .isEqualTo(coefficients(run));

    JsonNode measured = JSON.readTree(run.resolve("validation.json").toFile());
    assertThat(measured.at("/values/accuracy"))
        .as("the last validation was of the model after the last update")
        .isEqualTo(lines.get(lines.size() - 1).at("/validation/accuracy"));
    assertThat(measured.at("/outputs/0/confusion")).hasSize(10);
    assertThat(run.resolve("report.html"))
        .content()
        .contains("workers 2 x micro 16 x steps 4", "the final model (model.zip, after update 96)");
    Files.delete(run.resolve("report.html"));
    try (DriverProcess report = DriverProcess.embedded(temp, "report", run.toString())) {
      assertThat(report.exitCode()).as(report.output()).isZero();
      assertThat(report.output()).contains("/run/report.html");
    }
    assertThat(run.resolve("report.html")).content().contains("OpenBLAS", "DenseLayer");
    Path both = temp.resolve("both.html");
    try (DriverProcess report =
        DriverProcess.embedded(
            temp, "report", run.toString(), other.toString(), "--to", both.toString())) {
      assertThat(report.exitCode()).as(report.output()).isZero();
    }
    assertThat(both).content().contains("\"label\":\"other\"");
  }

  @Test
  void wrongDataIsOneErrorAndLeavesNothing() throws Exception {
    Path run = temp.resolve("run");
    try (DriverProcess driver =
        DriverProcess.embedded(
            temp, "train", QUICKSTART, "--set", "output=" + run, "--set", "data.label=didgit")) {
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(2);
      assertThat(driver.output()).contains("didgit").doesNotContain("Exception", "\tat ");
    }
    assertThat(run).doesNotExist();
  }

  private static byte[] coefficients(Path run) throws IOException {
    try (ZipFile model = new ZipFile(run.resolve("model.zip").toFile())) {
      return model.getInputStream(model.getEntry("coefficients.bin")).readAllBytes();
    }
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    try (var lines = Files.lines(run.resolve("metrics.jsonl"))) {
      return lines.map(TrainIT::json).toList();
    }
  }

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + line, e);
    }
  }
}
