/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;

class ShippedModelsTest {

  private static final Path FOLDER = Path.of("../conf/models");

  @Test
  void theFilesAreWhatTheProgramWrites() throws Exception {
    for (Map.Entry<String, MultiLayerConfiguration> model : ShippedModels.byFileName().entrySet()) {
      assertThat(FOLDER.resolve(model.getKey())).hasContent(ShippedModels.json(model.getValue()));
    }
  }

  @Test
  void theFilesAreModelsOfTheSizesThatTheExamplesSpeakOf() throws Exception {
    assertThat(parameters("digits-mlp.json")).isEqualTo(64 * 128 + 128 + 128 * 64 + 64 + 650);
    assertThat(parameters("iris-mlp.json")).isEqualTo(4 * 16 + 16 + 16 * 3 + 3);
    assertThat(parameters("fashion-mlp.json")).isEqualTo(535_818);
    assertThat(parameters("fashion-lenet.json"))
        .isEqualTo(20 * 25 + 20 + 50 * 20 * 25 + 50 + 800 * 500 + 500 + 5_010);
  }

  private static long parameters(String file) throws Exception {
    String json = Files.readString(FOLDER.resolve(file));
    MultiLayerNetwork network = new MultiLayerNetwork(MultiLayerConfiguration.fromJson(json));
    network.init();
    return network.numParams();
  }
}
