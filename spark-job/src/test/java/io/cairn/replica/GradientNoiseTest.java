/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cairn.replica.WindowSums.Noise;
import io.cairn.telemetry.NoiseSample;
import io.cairn.telemetry.NoiseScale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The noise scale where it is known: in closed form, and from the gradients of single examples. */
class GradientNoiseTest {

  private static final Path DIGITS = Path.of("../conf/data/digits.csv");

  /**
   * A linear regression {@code y = a x + noise} with normal x, at weights 0: an example's gradient
   * is {@code -2 (a x + noise) (x, 1)}, whence |G|^2 = 4 |a|^2 and tr(Sigma) = 4 ((d + 2) |a|^2 +
   * (d + 1) s^2).
   */
  @Test
  void ofALinearRegressionIsThatOfItsFormula() throws InterruptedException {
    int d = 5;
    double a = 0.4;
    double s = 1.5;
    Random random = new Random(3);
    int count = 120_000;
    INDArray x = Nd4j.create(DataType.DOUBLE, count, d);
    INDArray y = Nd4j.create(DataType.DOUBLE, count, 1);
    for (int i = 0; i < count; i++) {
      double sum = s * random.nextGaussian();
      for (int j = 0; j < d; j++) {
        double value = random.nextGaussian();
        x.putScalar(i, j, value);
        sum += a * value;
      }
      y.putScalar(i, 0, sum);
    }
    Replica replica =
        Configurations.replica(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .list()
                .layer(
                    new OutputLayer.Builder(LossFunction.MSE)
                        .nIn(d)
                        .nOut(1)
                        .weightInit(WeightInit.ZERO)
                        .activation(Activation.IDENTITY)
                        .build())
                .build()
                .toJson());
    NoiseSample mean = mean(replica, new DataSet(x, y), List.of(7, 12, 1, 30, 10));
    double squaredA = d * a * a;
    assertThat(mean.gradientSquared()).isCloseTo(4 * squaredA, within(0.05 * 4 * squaredA));
    double variance = 4 * ((d + 2) * squaredA + (d + 1) * s * s);
    assertThat(mean.variance()).isCloseTo(variance, within(0.03 * variance));
  }

  /** The real digits: against |G|^2 and tr(Sigma) from the gradient of every single example. */
  @Test
  void ofTheDigitsIsThatOfSingleExamples() throws IOException, InterruptedException {
    DataSet digits = digits();
    Replica replica =
        Configurations.replica(
            Configurations.base()
                .list()
                .layer(new DenseLayer.Builder().nIn(64).nOut(16).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(16)
                        .nOut(10)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build()
                .toJson());
    int count = digits.numExamples();
    replica.clear();
    WindowSums single = window(replica, digits, 0, Collections.nCopies(count, 1));
    double length = replica.gradientSumNorm() / count;
    double variance = single.squares().sum() / count - length * length;
    NoiseSample mean = mean(replica, digits, List.of(16, 16, 8, 24));
    double direct = variance / (length * length);
    assertThat(mean.variance() / mean.gradientSquared())
        .as("|G|^2 %s, tr(Sigma) %s", length * length, variance)
        .isCloseTo(direct, within(0.1 * direct));
  }

  /** The mean of all windows' samples, at the parameters as they are. */
  private static NoiseSample mean(Replica replica, DataSet data, List<Integer> sizes)
      throws InterruptedException {
    int examples = sizes.stream().mapToInt(Integer::intValue).sum();
    double gradientSquared = 0;
    double variance = 0;
    int windows = 0;
    for (int from = 0; from + examples <= data.numExamples(); from += examples) {
      replica.clear();
      WindowSums sums = window(replica, data, from, sizes);
      double norm = replica.gradientSumNorm();
      NoiseSample sample =
          NoiseSample.of(
                  sums.squares().sum(), sums.squares().squaredCounts(), norm * norm, examples)
              .orElseThrow();
      gradientSquared += sample.gradientSquared();
      variance += sample.variance();
      windows++;
    }
    return new NoiseSample(gradientSquared / windows, variance / windows);
  }

  private static WindowSums window(Replica replica, DataSet data, int from, List<Integer> sizes)
      throws InterruptedException {
    List<MultiDataSet> batches = new ArrayList<>();
    int start = from;
    for (int size : sizes) {
      batches.add(Configurations.rows(data, start, start + size));
      start += size;
    }
    return replica.accumulate(
        batches.size(), batches.iterator()::next, pass -> pass, Noise.MEASURED);
  }

  /** Pixels from 0 to 1, in an order that has nothing to do with the file's. */
  private static DataSet digits() throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(DIGITS));
    lines.remove(0);
    Collections.shuffle(lines, new Random(4));
    INDArray x = Nd4j.create(DataType.DOUBLE, lines.size(), 64);
    INDArray y = Nd4j.zeros(DataType.DOUBLE, lines.size(), 10);
    for (int i = 0; i < lines.size(); i++) {
      String[] values = lines.get(i).split(",");
      for (int j = 0; j < 64; j++) {
        x.putScalar(i, j, Double.parseDouble(values[j]) / 16);
      }
      y.putScalar(i, Integer.parseInt(values[64]), 1);
    }
    return new DataSet(x, y);
  }

  @Test
  void oneMicroBatchSaysNothing() {
    assertThat(NoiseSample.of(4, 64, 4, 8)).isEmpty();
    assertThat(NoiseSample.of(0, 0, 4, 8)).isEmpty();
  }

  @Test
  void adviceFollowsThePapersFormula() {
    assertThat(NoiseScale.advice(1000, 250))
        .isEqualTo(
            "noise scale: 1,000 examples, effective batch: 250: a larger one would still pay;"
                + " twice as large, about 40 % fewer updates and 20 % more examples");
    assertThat(NoiseScale.advice(100, 400))
        .isEqualTo(
            "noise scale: 100 examples, effective batch: 400: a smaller one would have done;"
                + " half as large, about 40 % fewer examples and 20 % more updates");
    assertThat(NoiseScale.advice(300, 256)).endsWith("it is about as large as pays");
    assertThat(NoiseScale.advice(Double.NaN, 256)).contains("lost in its noise");
  }
}
