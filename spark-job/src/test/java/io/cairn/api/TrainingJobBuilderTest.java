/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.source.SparkFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job trains the model that its settings name. */
class TrainingJobBuilderTest {

  @TempDir Path directory;

  private TrainingJobBuilder job() {
    return TrainingJob.on(SparkFixture.spark())
        .train(SparkFixture.spark().range(20).selectExpr("id AS a", "id % 3 AS y"))
        .features("a")
        .label("y")
        .classes(3)
        .workers(1)
        .micro(4)
        .steps(1)
        .epochs(1)
        .output(directory.toString());
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new OutputLayer.Builder().nIn(1).nOut(3).build())
                .build());
    net.init();
    return net;
  }

  @Test
  void aModelIsGivenOnce() {
    assertThat(job().model(network()).build()).isNotNull();
    assertThat(job().model(network()).modelPath("/m.zip").build()).isNotNull();
    String both = "model.source = /m.zip: a program gives a model as well; give one of them";
    assertThatThrownBy(() -> job().model(network()).set("model.source", "/m.zip").build())
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(both);
    assertThatThrownBy(
            () -> job().set("model", Map.of("source", "/m.zip")).model(network()).build())
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(both);
    assertThatThrownBy(() -> job().model(network()).set("model.layers", List.of("output")).build())
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("model.layers");
  }
}
