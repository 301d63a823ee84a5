/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * What the loop does at the end of an epoch, against plain DL4J: every update here is a whole
 * epoch, so that plain DL4J's batch is the training data.
 */
class EpochEndTest {

  private static final ExampleLayout LAYOUT = Models.DENSE.layout(ElementKind.FLOAT64);
  private static final int EPOCHS = 4;
  private static final List<byte[]> TRAIN = Records.random(LAYOUT, 37, 3);

  /** Shares of 4 and 3, in batches of 3, 1 and 3. */
  private static final List<byte[]> HELD = Records.random(LAYOUT, 7, 4);

  @TempDir Path directory;
  private LoopRun run;
  private byte[] archive;

  @BeforeEach
  void train() throws Exception {
    NeuralNetConfiguration.Builder base =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .dataType(DataType.DOUBLE)
            .activation(Activation.TANH)
            .l2(0.01)
            .updater(new Sgd(new StepSchedule(ScheduleType.EPOCH, 0.8, 0.5, 1)));
    byte[] configuration = Models.DENSE.json(base).getBytes(StandardCharsets.UTF_8);
    archive = ModelSource.read("test.json", configuration, 5).archive();
    run =
        new LoopRun(
                directory.resolve("run"), LAYOUT, new BatchPlan(2, 3, 7), TRAIN, EPOCHS, archive)
            .validatingOn(HELD);
    run.train();
  }

  private DataSet all(List<byte[]> records) throws Exception {
    MultiDataSet batch = run.batch(records);
    return new DataSet(batch.getFeatures(0), batch.getLabels(0));
  }

  @Test
  void aLearningRateScheduledByEpochsMovesOnAsInPlainDl4j() throws Exception {
    PlainTraining plain = new PlainTraining(archive, false);
    MultiDataSet whole = run.batch(TRAIN);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      plain.fit(whole);
      plain.epochDone();
    }
    List<Double> rates = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    for (JsonNode line : run.metrics("learningRate")) {
      rates.add(line.get("learningRate").asDouble());
      losses.add(line.get("loss").asDouble());
    }
    assertThat(rates).containsExactly(0.8, 0.4, 0.2, 0.1);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      assertThat(losses.get(epoch)).isCloseTo(plain.scores().get(epoch), offset(1e-12));
    }
    MultiLayerNetwork ours = run.model();
    assertThat(ours.params().sub(plain.model().params()).amaxNumber().doubleValue())
        .isLessThan(1e-12);
    assertThat(ours.getEpochCount()).isEqualTo(EPOCHS);
  }

  @Test
  void everyHeldOutExampleOfEveryRankIsInTheValidation() throws Exception {
    List<JsonNode> lines = run.metrics("validation");
    assertThat(lines).hasSize(EPOCHS);
    JsonNode last = lines.get(EPOCHS - 1);
    MultiLayerNetwork model = run.model();
    DataSet held = all(HELD);
    Evaluation evaluation = new Evaluation();
    evaluation.eval(held.getLabels(), model.output(held.getFeatures()));
    assertThat(last.at("/update").asLong()).isEqualTo(EPOCHS);
    assertThat(last.at("/validation/examples").asLong()).isEqualTo(HELD.size());
    assertThat(last.at("/validation/accuracy").asDouble())
        .isCloseTo(evaluation.accuracy(), offset(1e-12));
    assertThat(last.at("/validation/loss").asDouble())
        .as("without the weights' own part")
        .isCloseTo(model.score(held, false) - model.calcRegularizationScore(true), offset(1e-12));
  }
}
