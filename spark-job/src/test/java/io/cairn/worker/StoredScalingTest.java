/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Scaling;
import io.cairn.data.Scaling.Statistics;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.preprocessor.DataNormalization;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The scaling in a model's archive does, in plain DL4J, what staging did to the inputs. */
class StoredScalingTest {

  private static final ExampleLayout LAYOUT =
      new ExampleLayout(
          ElementKind.FLOAT32,
          List.of(
              Field.vector("x", Field.Role.INPUT, 3), Field.classIndex("y", Field.Role.OUTPUT, 2)));

  @TempDir Path directory;

  /** The last channel is constant. */
  static Stream<Scaling> scalings() {
    Statistics statistics =
        new Statistics(
            List.of(1.0, -20.0, 5.0),
            List.of(0.5, 8.0, 0.0),
            List.of(-1.0, -40.0, 5.0),
            List.of(3.0, 10.0, 5.0));
    return Stream.of(
        Scaling.times(1.0 / 255),
        Scaling.fitted(Scaling.Method.STANDARD, List.of(statistics)),
        Scaling.fitted(Scaling.Method.MIN_MAX, List.of(statistics)));
  }

  @ParameterizedTest
  @MethodSource("scalings")
  void isThatOfTheTraining(Scaling scaling) throws Exception {
    String json =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(3)
                    .nOut(2)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    byte[] archive =
        ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
    Path file = directory.resolve("model.zip");
    new Replica(archive, 0).write(file, StoredScaling.of(scaling, LAYOUT));

    DataNormalization stored = ModelSerializer.restoreNormalizerFromFile(file.toFile());
    double[] raw = {2.5, -7, 6};
    INDArray inputs = Nd4j.createFromArray(new double[][] {raw}).castTo(DataType.FLOAT);
    stored.transform(inputs);
    for (int channel = 0; channel < raw.length; channel++) {
      double expected = (raw[channel] - scaling.shift(0, channel)) * scaling.factor(0, channel);
      assertThat(inputs.getDouble(0, channel))
          .as("channel %d", channel)
          .isCloseTo(expected, offset(1e-5));
    }
    stored.revertFeatures(inputs);
    for (int channel = 0; channel < raw.length; channel++) {
      assertThat(inputs.getDouble(0, channel)).isCloseTo(raw[channel], offset(1e-4));
    }
  }
}
