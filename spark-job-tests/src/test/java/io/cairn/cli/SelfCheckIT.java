/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** A model whose loss is over the whole micro-batch, as a user meets it. */
class SelfCheckIT {

  @TempDir Path temp;

  private Path conf(ILossFunction loss) throws IOException {
    String model =
        new NeuralNetConfiguration.Builder()
            .updater(new Sgd(0.1))
            .list()
            .layer(
                new OutputLayer.Builder(loss)
                    .nIn(3)
                    .nOut(2)
                    .name("out")
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    return ThreeColumns.settings(temp, "model", model, "workers = 2, micro = 8, steps = 2");
  }

  private DriverProcess cairn(String... arguments) throws IOException {
    return DriverProcess.embedded(temp, arguments);
  }

  @Test
  void planAndTrainSayWhatWasFound() throws Exception {
    String conf = conf(new LossMCXENT()).toString();
    try (DriverProcess plan = cairn("plan", conf)) {
      assertThat(plan.exitCode()).as(plan.output()).isZero();
      assertThat(plan.output()).contains("gradients agree with float64 to ");
    }
    try (DriverProcess train = cairn("train", conf)) {
      assertThat(train.exitCode()).as(train.output()).isZero();
      assertThat(train.output())
          .contains("self-check: gradients agree with float64 to ")
          .contains("; sums over micro-batches add up to ");
    }
  }

  @Test
  void aMeasureOfAWholeBatchIsRefusedByName() throws Exception {
    try (DriverProcess plan = cairn("plan", conf(new LossFMeasure()).toString())) {
      assertThat(plan.exitCode()).as(plan.output()).isEqualTo(2);
      assertThat(plan.output()).contains("output out: LossFMeasure is a measure of a whole batch");
    }
  }
}
