/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.junit.jupiter.api.Test;

class IndexInputsTest {

  @Test
  void theInputOfAnEmbeddingHoldsItsIndices() {
    String words =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new EmbeddingSequenceLayer.Builder().nIn(20).nOut(4).build())
            .layer(new GlobalPoolingLayer())
            .layer(new OutputLayer.Builder().nIn(4).nOut(2).build())
            .build()
            .toJson();
    assertThat(read(words).indexInputs()).containsExactly(OptionalLong.of(20));
    String frozen =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new FrozenLayer(new EmbeddingLayer.Builder().nIn(7).nOut(4).build()))
            .layer(new OutputLayer.Builder().nIn(4).nOut(2).build())
            .build()
            .toJson();
    assertThat(read(frozen).indexInputs()).containsExactly(OptionalLong.of(7));
  }

  @Test
  void inputsOfAGraphAreToldApart() {
    String graph =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("values", "shop")
            .setInputTypes(InputType.feedForward(3), InputType.feedForward(9))
            .addLayer("embedded", new EmbeddingLayer.Builder().nIn(9).nOut(4).build(), "shop")
            .addLayer("dense", new DenseLayer.Builder().nIn(3).nOut(4).build(), "values")
            .addLayer("out", new OutputLayer.Builder().nIn(8).nOut(2).build(), "dense", "embedded")
            .setOutputs("out")
            .build()
            .toJson();
    assertThat(read(graph).indexInputs()).containsExactly(OptionalLong.empty(), OptionalLong.of(9));
  }

  private static ModelSource read(String json) {
    return ModelSource.read("model.json", json.getBytes(StandardCharsets.UTF_8), 1);
  }
}
