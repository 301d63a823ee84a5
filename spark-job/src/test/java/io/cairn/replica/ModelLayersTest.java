/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;

/** The layers of an archive, which its configuration tells. */
class ModelLayersTest {

  @Test
  void frozenLayersOfBothKindsAreNamedByWhatIsFrozen() throws IOException {
    DenseLayer dense = new DenseLayer.Builder().nIn(4).nOut(4).activation(Activation.RELU).build();
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(FrozenLayers.last("first", dense.clone()))
                .layer(FrozenLayers.between("second", dense.clone()))
                .layer(new OutputLayer.Builder().nIn(4).nOut(3).build())
                .build());
    net.init();
    assertThat(layers(net))
        .startsWith(
            new ModelLayer("first", "DenseLayer, frozen", "4", "4", 20, "relu"),
            new ModelLayer("second", "DenseLayer, frozen", "4", "4", 20, "relu"));
  }

  @Test
  void whatIsInsideALayerIsToldAndNoActivationThatIsNotApplied() throws IOException {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(
                    new LastTimeStep(
                        new LSTM.Builder().nIn(4).nOut(3).activation(Activation.TANH).build()))
                .layer(new BatchNormalization.Builder().nIn(3).nOut(3).build())
                .layer(new OutputLayer.Builder().nIn(3).nOut(3).build())
                .build());
    net.init();
    assertThat(layers(net))
        .startsWith(
            new ModelLayer("layer0", "LastTimeStep of LSTM", "4", "3", 96, "tanh"),
            new ModelLayer("layer1", "BatchNormalization", "3", "3", 12, ""));
  }

  private static List<ModelLayer> layers(MultiLayerNetwork net) throws IOException {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    ModelSerializer.writeModel(net, zip, false);
    return ModelLayers.of(new ByteArrayInputStream(zip.toByteArray()));
  }
}
