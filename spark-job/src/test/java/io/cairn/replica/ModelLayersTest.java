/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
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
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    ModelSerializer.writeModel(net, zip, false);
    assertThat(ModelLayers.of(new ByteArrayInputStream(zip.toByteArray())))
        .startsWith(
            new ModelLayer("first", "DenseLayer, frozen", "4", "4", 20, "relu"),
            new ModelLayer("second", "DenseLayer, frozen", "4", "4", 20, "relu"));
  }
}
