/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class ModelSourceTest {

  private static ModelSource read(String text) {
    return ModelSource.read("conf/model.json", Configurations.bytes(text), 3);
  }

  private static MultiDataSet sample(int features, int labels) {
    return new MultiDataSet(
        Nd4j.zeros(DataType.DOUBLE, 2, features), Nd4j.zeros(DataType.DOUBLE, 2, labels));
  }

  @Test
  void theRunsSeedDrawsTheInitialParameters() {
    byte[] json = Configurations.bytes(Configurations.dense());
    assertThat(parameters(json, 3))
        .isEqualTo(parameters(json, 3))
        .isNotEqualTo(parameters(json, 4));
  }

  /** Not the archives' bytes, in which the time of writing stands. */
  private static double[] parameters(byte[] json, long seed) {
    byte[] archive = ModelSource.read("m", json, seed).archive();
    return ModelArchive.read("m", () -> new ByteArrayInputStream(archive))
        .network()
        .parameters()
        .toDoubleVector();
  }

  @Test
  void sizesAreKnownForThePlan() {
    ModelSource source = read(Configurations.dense());
    assertThat(source.parameterCount()).isEqualTo(6 * 8 + 8 + 8 * 3 + 3);
    assertThat(source.updaterStateCount()).isEqualTo(2 * source.parameterCount());
    assertThat(source.bytesPerValue()).isEqualTo(8);
  }

  @Test
  void whatAPassTakesGrowsWithItsExamples() {
    ModelSource source = read(Configurations.dense());
    long few = source.trials().passBytes(examples(100));
    long more = source.trials().passBytes(examples(300));
    // The hidden layer's activation and its gradient, at the least.
    assertThat(more - few).isGreaterThan(200 * 2 * 8 * Double.BYTES);
    assertThat(source.trials().passBytes(examples(500)) - more)
        .isCloseTo(more - few, withPercentage(10));
  }

  private static MultiDataSet examples(int count) {
    return new MultiDataSet(
        Nd4j.zeros(DataType.DOUBLE, count, 6), Nd4j.zeros(DataType.DOUBLE, count, 3));
  }

  @Test
  void whatDeeplearning4jCannotCountIsRefusedBeforeItIsAllocated() {
    assertThatThrownBy(() -> read(large(50_000, new Sgd(0.1))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "the model has 2,500,100,001 parameters; Deeplearning4j trains at most 2,147,483,647");
    assertThatThrownBy(() -> read(large(40_000, new Adam(0.1))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "the model's updater keeps 3,200,160,002 values for 1,600,080,001 parameters");
  }

  private static String large(int units, IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .updater(updater)
        .list()
        .layer(new DenseLayer.Builder().nIn(units).nOut(units).build())
        .layer(
            new OutputLayer.Builder(LossFunction.MSE)
                .nIn(units)
                .nOut(1)
                .activation(Activation.IDENTITY)
                .build())
        .build()
        .toJson();
  }

  @Test
  void whatIsNoModelIsSaidInOneSentence() {
    assertThatThrownBy(() -> read("{ oops"))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("conf/model.json is not JSON");
    assertThatThrownBy(() -> read("{\"a\": 1}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("\"confs\"")
        .hasMessageContaining("\"vertices\"");
    assertThatThrownBy(() -> read(""))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("conf/model.json");
  }

  @Test
  void whatCannotBeSummedOverWorkersIsRefused() {
    String lineSearch =
        Configurations.dense(Configurations.base().optimizationAlgo(OptimizationAlgorithm.LBFGS));
    assertThatThrownBy(() -> read(lineSearch)).hasMessageContaining("LBFGS");
    String truncated =
        Configurations.base()
            .list()
            .layer(new LSTM.Builder().nIn(3).nOut(5).build())
            .layer(
                new RnnOutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(5)
                    .nOut(3)
                    .activation(Activation.SOFTMAX)
                    .build())
            .backpropType(BackpropType.TruncatedBPTT)
            .tBPTTLength(4)
            .build()
            .toJson();
    assertThatThrownBy(() -> read(truncated)).hasMessageContaining("TruncatedBPTT");
  }

  @Test
  void aModelThatDoesNotFitTheDataSaysWhy() {
    ModelSource source = read(Configurations.dense());
    source.trials().check(sample(6, 3), "6 features, 3 classes");
    assertThatThrownBy(() -> source.trials().check(sample(7, 3), "7 features, 3 classes"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("does not fit the data (7 features, 3 classes)");
    assertThatThrownBy(() -> source.trials().check(sample(6, 4), "6 features, 4 classes"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("output 0 has shape [3] an example, the labels have shape [4]");
  }

  @Test
  void aKerasFileBecomesAModelThatTrains() throws IOException {
    byte[] file;
    try (InputStream in = ModelSourceTest.class.getResourceAsStream("/keras/tiny-mlp.h5")) {
      file = in.readAllBytes();
    }
    ModelSource source = ModelSource.read("tiny-mlp.h5", file, 3);
    MultiDataSet batch =
        new MultiDataSet(
            Nd4j.ones(DataType.FLOAT, 2, 4), Nd4j.createFromArray(new float[][] {{1, 0}, {0, 1}}));
    source.trials().check(batch, "4 features, 2 classes");
    Replica replica = new Replica(source.archive(), 0);
    int before = replica.state().parameterDigest();
    replica.clear();
    replica.accumulate(batch, 1);
    replica.update(2, replica.gradientSumNorm(), OptionalDouble.empty());
    assertThat(replica.state().parameterDigest()).isNotEqualTo(before);
  }

  @Test
  void aDamagedKerasFileIsOneError() {
    byte[] damaged = {(byte) 0x89, 'H', 'D', 'F', 1, 2, 3};
    assertThatThrownBy(() -> ModelSource.read("m.h5", damaged, 1))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("m.h5 is not a readable HDF5 file");
  }
}
