/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

class ReplicaTest {

  private static final OptionalDouble UNCLIPPED = OptionalDouble.empty();

  private static MultiLayerNetwork plain(String json) {
    MultiLayerNetwork net = new MultiLayerNetwork(MultiLayerConfiguration.fromJson(json));
    net.init();
    return net;
  }

  /** One update from ragged micro-batches of 10. */
  private static double update(Replica replica, DataSet data, OptionalDouble clip) {
    int examples = data.numExamples();
    replica.clear();
    double lossSum = 0;
    for (int from = 0; from < examples; from += 10) {
      lossSum +=
          replica.accumulate(Configurations.rows(data, from, Math.min(examples, from + 10)), from);
    }
    double loss = lossSum / examples + replica.regularizationScore();
    replica.update(examples, replica.gradientSumNorm(), clip);
    return loss;
  }

  private static double distance(INDArray a, INDArray b) {
    return a.reshape(a.length()).sub(b.reshape(b.length())).amaxNumber().doubleValue();
  }

  @Test
  void raggedMicroBatchesGiveTheUpdateAndTheScoreOfOneBigBatch() {
    MultiLayerNetwork plain = plain(Configurations.dense());
    Replica replica = Configurations.replica(Configurations.dense());
    assertThat(replica.network().parameters()).isEqualTo(plain.params());
    for (int update = 0; update < 20; update++) {
      DataSet data = Configurations.examples(25, update);
      plain.fit(data);
      assertThat(update(replica, data, UNCLIPPED)).isCloseTo(plain.score(), offset(1e-12));
    }
    assertThat(distance(replica.network().parameters(), plain.params())).isLessThan(1e-12);
    assertThat(distance(replica.network().updaterState(), plain.getUpdater().getStateViewArray()))
        .isLessThan(1e-12);
    assertThat(replica.network().iteration()).isEqualTo(plain.getIterationCount());
  }

  /** They are what moments become whose gradient is zero; here, those of the first input. */
  @Test
  void momentsTooSmallToBeNormalNumbersBecomeZeroAndChangeNoParameter() {
    MultiLayerNetwork plain = plain(Configurations.dense());
    Replica replica = Configurations.replica(Configurations.dense());
    replica.network().updaterState().assign(Double.MIN_NORMAL / 2);
    plain.getUpdater().getStateViewArray().assign(Double.MIN_NORMAL / 2);
    for (int update = 0; update < 32; update++) {
      DataSet data = Configurations.examples(25, update);
      data.getFeatures().putColumn(0, Nd4j.zeros(DataType.DOUBLE, 25));
      plain.fit(data);
      update(replica, data, UNCLIPPED);
    }
    assertThat(subnormal(plain.getUpdater().getStateViewArray())).isPositive();
    assertThat(subnormal(replica.network().updaterState())).isZero();
    assertThat(distance(replica.network().parameters(), plain.params())).isLessThan(1e-12);
  }

  private static long subnormal(INDArray array) {
    return Arrays.stream(array.dup().data().asDouble())
        .filter(value -> value != 0 && Math.abs(value) < Double.MIN_NORMAL)
        .count();
  }

  @Test
  void everyGradientNormalizationOfDl4jSeesTheMeanOverAllExamples() {
    for (GradientNormalization kind : GradientNormalization.values()) {
      String json =
          Configurations.dense(
              Configurations.base()
                  .gradientNormalization(kind)
                  .gradientNormalizationThreshold(0.01));
      MultiLayerNetwork plain = plain(json);
      Replica replica = Configurations.replica(json);
      for (int update = 0; update < 5; update++) {
        DataSet data = Configurations.examples(25, update);
        plain.fit(data);
        update(replica, data, UNCLIPPED);
      }
      assertThat(distance(replica.network().parameters(), plain.params()))
          .as(kind.name())
          .isLessThan(1e-12);
    }
  }

  @Test
  void aNetworkThatDoesNotDivideByTheBatchIsNotDivided() {
    String json =
        Configurations.dense(Configurations.base().updater(new Sgd(0.01)).miniBatch(false));
    MultiLayerNetwork plain = plain(json);
    Replica replica = Configurations.replica(json);
    DataSet data = Configurations.examples(25, 1);
    plain.fit(data);
    update(replica, data, UNCLIPPED);
    assertThat(distance(replica.network().parameters(), plain.params())).isLessThan(1e-12);
  }

  @Test
  void batchNormalizationStaysFiniteAndUsefulAfter100UpdatesOf16Steps() throws Exception {
    Replica replica = Configurations.replica(Configurations.batchNorm());
    DataSet data = Configurations.examples(160, 1);
    double first = update(replica, data, UNCLIPPED);
    for (int update = 1; update < 100; update++) {
      update(replica, data, UNCLIPPED);
    }
    ValidationSums sums =
        new ValidationSums(
            List.of(new Measured(Measured.OutputKind.CLASSES, 1, Measured.StepAxis.LAST)));
    replica.validate(1, () -> Configurations.rows(data, 0, 160), sums);
    assertThat(sums.loss()).isFinite().isLessThan(first * 0.8);
    assertThat(
            ParameterRange.layers(
                replica.network().ranges(), ParameterRange.RangeKind.BATCH_STATISTIC))
        .containsExactly("layer1");
  }

  @Test
  void clippingByGlobalNormScalesTheMeanGradientOnce() {
    String json = Configurations.dense(Configurations.base().updater(new Sgd(1)));
    DataSet data = Configurations.examples(25, 1);
    Replica free = Configurations.replica(json);
    INDArray before = free.network().parameters().dup();
    update(free, data, UNCLIPPED);
    INDArray step = free.network().parameters().sub(before);
    double norm = step.norm2Number().doubleValue();
    Replica clipped = Configurations.replica(json);
    update(clipped, data, OptionalDouble.of(norm / 4));
    INDArray clippedStep = clipped.network().parameters().sub(before);
    assertThat(distance(clippedStep, step.div(4))).isLessThan(1e-12);
    Replica loose = Configurations.replica(json);
    update(loose, data, OptionalDouble.of(norm * 2));
    assertThat(loose.network().parameters()).isEqualTo(free.network().parameters());
  }

  @Test
  void aNonFiniteGradientIsSeenAndItsLayerNamed() {
    Replica replica = Configurations.replica(Configurations.dense());
    DataSet data = Configurations.examples(10, 1);
    data.getFeatures().putScalar(3, 2, Double.NaN);
    replica.clear();
    replica.accumulate(Configurations.rows(data, 0, 10), 1);
    assertThat(replica.gradientSumNorm()).isNaN();
    assertThat(replica.firstNonFinite()).hasValue("layer layer0, parameter W");
  }

  @Test
  void aSkippedUpdateKeepsTheParametersAndMovesTheSchedules() {
    Replica replica = Configurations.replica(Configurations.dense());
    int digest = replica.state().parameterDigest();
    replica.skipUpdate();
    assertThat(replica.state().parameterDigest()).isEqualTo(digest);
    assertThat(replica.network().iteration()).isEqualTo(1);
  }

  @Test
  void anEmptyWindowContributesZero() {
    Replica replica = Configurations.replica(Configurations.dense());
    replica.clear();
    assertThat(replica.gradientSumNorm()).isZero();
    update(replica, Configurations.examples(10, 1), UNCLIPPED);
    replica.clear();
    assertThat(replica.gradientSumNorm()).isZero();
  }

  @Test
  void theSameNoiseSeedDrawsTheSameDropout() {
    String json = Configurations.dense(Configurations.base().dropOut(0.5));
    DataSet data = Configurations.examples(10, 1);
    double[] norms = new double[3];
    for (int i = 0; i < 3; i++) {
      Replica replica = Configurations.replica(json);
      replica.clear();
      replica.accumulate(Configurations.rows(data, 0, 10), i == 2 ? 8 : 7);
      norms[i] = replica.gradientSumNorm();
    }
    assertThat(norms[1]).isEqualTo(norms[0]);
    assertThat(norms[2]).isNotEqualTo(norms[0]);
  }

  @Test
  void theReduceMemoryIsTheAccumulatorItself() {
    Replica replica = Configurations.replica(Configurations.dense());
    replica.clear();
    replica.accumulate(Configurations.rows(Configurations.examples(10, 1), 0, 10), 1);
    double norm = replica.gradientSumNorm();
    HostMemory memory = replica.reduceMemory();
    ByteBuffer buffer = memory.part(0, (int) memory.sizeBytes());
    for (int i = 0; i < replica.parameterCount(); i++) {
      buffer.putDouble(i * 8, buffer.getDouble(i * 8) * 3);
    }
    assertThat(replica.gradientSumNorm()).isCloseTo(norm * 3, offset(1e-12));
    assertThat(memory.sizeBytes() - replica.tailOffset()).isGreaterThanOrEqualTo(16);
    assertThatThrownBy(() -> memory.part(memory.sizeBytes() - 8, 16))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
