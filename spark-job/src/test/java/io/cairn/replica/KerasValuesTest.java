/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * Models that Keras (TensorFlow 2.15) made have Keras's outputs and losses where Deeplearning4j's
 * fast layers had others: the values beside the files are Keras's own.
 */
class KerasValuesTest {

  /** Keras's losses before each of five updates, all twelve examples in one batch. */
  private static final double[] LOSSES = {
    1.5433627367019653,
    1.2799371480941772,
    1.1193631887435913,
    1.0079317092895508,
    0.9229424595832825
  };

  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = KerasValuesTest.class.getResourceAsStream("/keras/" + name)) {
      return in.readAllBytes();
    }
  }

  private static INDArray array(String name) {
    return Nd4j.createFromNpyFile(
        new File(KerasValuesTest.class.getResource("/keras/" + name).getPath()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"separable-batchnorm", "conv1d-batchnorm", "lstm-batchnorm"})
  void batchNormalizationBehindLayersThatTurnTheirOutputHasKerasOutputs(String name)
      throws IOException {
    byte[] archive = ModelSource.read(name, bytes(name + ".h5"), 1).archive();
    Network network = ModelArchive.read(name, () -> new ByteArrayInputStream(archive)).network();
    INDArray x = array(name + "-x.npy").castTo(DataType.FLOAT);
    INDArray expected = array(name + "-outputs.npy").castTo(DataType.FLOAT);
    INDArray actual = network.output(new MultiDataSet(x, expected))[0];
    assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-5);
  }

  @Test
  void convolutionWithReluOfItsOwnAndChannelsLastHasKerasLosses() throws IOException {
    List<INDArray> features = new ArrayList<>();
    List<INDArray> labels = new ArrayList<>();
    ObjectMapper mapper = new ObjectMapper();
    String lines = new String(bytes("convolution-relu.json"), StandardCharsets.UTF_8);
    for (String line : lines.lines().toList()) {
      JsonNode example = mapper.readTree(line);
      float[] x = new float[6 * 6 * 2];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) example.get("x").get(i).asDouble();
      }
      float[] y = new float[3];
      y[example.get("y").asInt()] = 1;
      features.add(Nd4j.createFromArray(x).reshape(1, 6, 6, 2));
      labels.add(Nd4j.createFromArray(y).reshape(1, 3));
    }
    Replica replica =
        new Replica(ModelSource.read("k", bytes("convolution-relu.h5"), 1).archive(), 16);
    for (double loss : LOSSES) {
      replica.clear();
      double sum = 0;
      for (int i = 0; i < features.size(); i += 3) {
        sum +=
            replica.accumulate(
                new MultiDataSet(
                    Nd4j.concat(0, features.subList(i, i + 3).toArray(INDArray[]::new)),
                    Nd4j.concat(0, labels.subList(i, i + 3).toArray(INDArray[]::new))),
                i);
      }
      assertThat(sum / features.size()).isCloseTo(loss, offset(1e-5));
      replica.update(features.size(), replica.gradientSumNorm(), OptionalDouble.empty());
    }
  }
}
