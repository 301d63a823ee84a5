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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Runs whose gradient sums travel as bf16, on executors in processes of their own. */
@Tag("soak")
class RoundedRunIT {

  /** So many that the gradient goes round the ring: smaller sums are exact. */
  private static final int HIDDEN = 2048;

  private static final int EPOCHS = 20;
  private static final int UPDATES_PER_EPOCH = 12;

  @TempDir Path temp;

  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    model = temp.resolve("model.json");
    Files.writeString(
        model,
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .updater(new Adam(0.001))
            .list()
            .layer(
                new DenseLayer.Builder().nIn(64).nOut(HIDDEN).activation(Activation.RELU).build())
            .layer(
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(HIDDEN)
                    .nOut(10)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson());
  }

  @Test
  void runWithAKilledExecutorHasTheBitsOfAnUndisturbedOneAndLearnsLikeAnExactOne()
      throws Exception {
    FinishedRun exact = run("exact", "--set", "collective.precision=exact");
    FinishedRun undisturbed = run("undisturbed", "--set", "collective.precision=bf16");
    assertThat(losses(undisturbed)).as("sums were rounded").isNotEqualTo(losses(exact));
    assertThat(accuracy(undisturbed)).isGreaterThan(0.95).isGreaterThan(accuracy(exact) - 0.02);

    Path run = temp.resolve("disturbed");
    try (DriverProcess driver = start(run, "--set", "collective.precision=bf16")) {
      driver.executorsOnceAt(run, 110);
      driver.killExecutor(new Random(1));
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    FinishedRun disturbed = new FinishedRun(run);
    assertThat(disturbed.attempts()).hasSize(2);
    disturbed.requireUpdates((long) EPOCHS * UPDATES_PER_EPOCH);
    disturbed.requireSameAs(undisturbed);
  }

  private FinishedRun run(String name, String... more) throws Exception {
    Path run = temp.resolve(name);
    try (DriverProcess driver = start(run, more)) {
      assertThat(driver.exitCode()).as(driver.output()).isZero();
    }
    return new FinishedRun(run);
  }

  private DriverProcess start(Path run, String... more) throws IOException {
    List<String> command = new ArrayList<>(List.of("train", "conf/quickstart.conf"));
    Collections.addAll(command, "--set", "output=" + run);
    Collections.addAll(command, "--set", "model.source=" + model);
    Collections.addAll(command, "--set", "train.epochs=" + EPOCHS);
    Collections.addAll(command, "--set", "checkpoint.every-updates=25");
    Collections.addAll(command, more);
    return DriverProcess.embedded(temp, command.toArray(new String[0]));
  }

  private static List<String> losses(FinishedRun run) throws IOException {
    return run.metrics().stream()
        .filter(line -> line.has("loss"))
        .map(line -> line.get("loss").asText())
        .toList();
  }

  private static double accuracy(FinishedRun run) throws IOException {
    List<JsonNode> lines = run.metrics();
    return lines.get(lines.size() - 1).at("/validation/accuracy").asDouble();
  }
}
