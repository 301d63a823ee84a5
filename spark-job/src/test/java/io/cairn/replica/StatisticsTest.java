/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Running statistics against plain DL4J: what it makes of each micro-batch alone, combined by the
 * numbers of examples; and, where that is the same, what it makes of the whole batch.
 *
 * <p>The micro-batches are those of two ranks, and no two of one rank have the same size.
 */
class StatisticsTest {

  private static final OptionalDouble UNCLIPPED = OptionalDouble.empty();
  private static final int EXAMPLES = 25;

  /** Where the micro-batches of each rank begin and end. */
  private static final int[][] RANKS = {{0, 10, 17}, {17, 22, 25}};

  private final DataSet data = Configurations.examples(EXAMPLES, 1);

  private static MultiLayerNetwork plain(String json) {
    MultiLayerNetwork net = new MultiLayerNetwork(MultiLayerConfiguration.fromJson(json));
    net.init();
    return net;
  }

  private DataSet rows(int from, int to) {
    var rows = Configurations.rows(data, from, to);
    return new DataSet(rows.getFeatures(0), rows.getLabels(0));
  }

  /** What plain DL4J makes of these examples as one batch. */
  private double[] fitted(String json, int from, int to) {
    MultiLayerNetwork net = plain(json);
    net.fit(rows(from, to));
    return net.params().toDoubleVector();
  }

  /** One update of two ranks, whose sums are added by hand; rank 0's replica. */
  private Replica updated(String json, OptionalDouble clip) {
    List<Replica> ranks = new ArrayList<>();
    for (int[] borders : RANKS) {
      Replica replica = Configurations.replica(json);
      replica.clear();
      for (int i = 0; i + 1 < borders.length; i++) {
        replica.accumulate(Configurations.rows(data, borders[i], borders[i + 1]), i);
      }
      ranks.add(replica);
    }
    Replica first = ranks.get(0);
    ByteBuffer sum = buffer(first);
    ByteBuffer other = buffer(ranks.get(1));
    for (int at = 0; at < first.parameterCount() * Double.BYTES; at += Double.BYTES) {
      sum.putDouble(at, sum.getDouble(at) + other.getDouble(at));
    }
    first.update(EXAMPLES, first.gradientSumNorm(), clip);
    return first;
  }

  private static ByteBuffer buffer(Replica replica) {
    HostMemory memory = replica.reduceMemory();
    return memory.part(0, (int) memory.sizeBytes());
  }

  private static double[] parameters(Replica replica) {
    return replica.network().parameters().toDoubleVector();
  }

  private static void requireStatistics(Replica replica, double[] expected, int count) {
    double[] actual = parameters(replica);
    int statistics = 0;
    for (ParameterRange range : replica.network().ranges()) {
      if (range.kind().isMean()) {
        for (int i = 0; i < range.length(); i++, statistics++) {
          int at = (int) range.offset() + i;
          assertThat(actual[at])
              .as("%s/%s, number %d", range.layer(), range.parameter(), i)
              .isCloseTo(expected[at], offset(1e-12));
        }
      }
    }
    assertThat(statistics).isEqualTo(count);
  }

  /** The mean of what plain DL4J makes of each micro-batch, weighted by their examples. */
  private double[] weightedMean(String json) {
    double[] mean = new double[plain(json).params().toDoubleVector().length];
    for (int[] borders : RANKS) {
      for (int i = 0; i + 1 < borders.length; i++) {
        double[] alone = fitted(json, borders[i], borders[i + 1]);
        for (int at = 0; at < mean.length; at++) {
          mean[at] += alone[at] * (borders[i + 1] - borders[i]) / EXAMPLES;
        }
      }
    }
    return mean;
  }

  @Test
  void batchNormalizationsAreTheExampleWeightedMeanWhateverIsClipped() {
    String json = Configurations.batchNorm();
    double[] expected = weightedMean(json);
    Replica free = updated(json, UNCLIPPED);
    requireStatistics(free, expected, 2 * 8);
    Replica clipped = updated(json, OptionalDouble.of(1e-3));
    requireStatistics(clipped, expected, 2 * 8);
    assertThat(parameters(clipped)).as("gradients are clipped").isNotEqualTo(parameters(free));
  }

  /** Of inputs, the mean of all examples is the mean of the micro-batches' means. */
  @Test
  void runningMeansOfInputsAreThoseOfTheWholeBatch() {
    String json =
        Configurations.base()
            .list()
            .layer(new BatchNormalization.Builder().nOut(Configurations.FEATURES).build())
            .layer(
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(Configurations.FEATURES)
                    .nOut(Configurations.CLASSES)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    MultiLayerNetwork whole = plain(json);
    whole.fit(data);
    Replica ours = updated(json, OptionalDouble.of(1e-3));
    INDArray mean =
        ((MultiLayerNetwork) ((Dl4jNetwork) ours.network()).model()).getLayer(0).getParam("mean");
    assertThat(mean.toDoubleVector())
        .containsExactly(whole.getLayer(0).getParam("mean").toDoubleVector(), offset(1e-12));
    assertThat(mean.norm2Number().doubleValue()).as("moved").isGreaterThan(1e-3);
  }

  /**
   * DL4J divides the way of a centre, which is a mean, by the number of examples once more. So does
   * an update from several micro-batches, once, by the number of all.
   */
  @Test
  void centresAreCombinedAsMeansWhateverIsClipped() {
    String json = Configurations.centerLoss();
    double[] start = plain(json).params().toDoubleVector();
    double[] expected = start.clone();
    for (int[] borders : RANKS) {
      for (int i = 0; i + 1 < borders.length; i++) {
        int examples = borders[i + 1] - borders[i];
        double[] alone = fitted(json, borders[i], borders[i + 1]);
        for (int at = 0; at < expected.length; at++) {
          double mean = (alone[at] - start[at]) * examples;
          expected[at] += mean * examples / EXAMPLES / EXAMPLES;
        }
      }
    }
    requireStatistics(updated(json, UNCLIPPED), expected, 3 * 8);
    requireStatistics(updated(json, OptionalDouble.of(1e-3)), expected, 3 * 8);
  }

  @Test
  void statisticsAreNoPartOfTheNormButMustBeFinite() {
    Replica replica = Configurations.replica(Configurations.batchNorm());
    replica.clear();
    replica.accumulate(Configurations.rows(data, 0, EXAMPLES), 1);
    double norm = replica.gradientSumNorm();
    ParameterRange statistic =
        replica.network().ranges().stream()
            .filter(range -> range.kind().isMean())
            .findFirst()
            .orElseThrow();
    int at = (int) statistic.offset() * Double.BYTES;
    buffer(replica).putDouble(at, 1e6);
    assertThat(replica.gradientSumNorm()).isEqualTo(norm);
    buffer(replica).putDouble(at, Double.NaN);
    assertThat(replica.gradientSumNorm()).isNaN();
  }

  /** A network that does not divide by the examples is clipped by the norm of the sum. */
  @Test
  void clippingLooksAtWhatIsApplied() {
    String json = Configurations.dense(Configurations.base().updater(new Sgd(1)).miniBatch(false));
    double[] start = plain(json).params().toDoubleVector();
    Replica replica = Configurations.replica(json);
    replica.clear();
    replica.accumulate(Configurations.rows(data, 0, EXAMPLES), 1);
    double norm = replica.gradientSumNorm();
    assertThat(replica.update(EXAMPLES, norm, OptionalDouble.of(norm / 2)))
        .as("the norm before clipping")
        .isEqualTo(norm);
    double squares = 0;
    double[] now = parameters(replica);
    for (int at = 0; at < now.length; at++) {
      squares += (now[at] - start[at]) * (now[at] - start[at]);
    }
    assertThat(Math.sqrt(squares)).isCloseTo(norm / 2, offset(1e-12));
  }

  @Test
  void oneMicroBatchIsPlainDl4jsWholeBatch() {
    for (String json : List.of(Configurations.batchNorm(), Configurations.centerLoss())) {
      Replica replica = Configurations.replica(json);
      replica.clear();
      replica.accumulate(Configurations.rows(data, 0, EXAMPLES), 1);
      replica.update(EXAMPLES, replica.gradientSumNorm(), UNCLIPPED);
      assertThat(parameters(replica)).containsExactly(fitted(json, 0, EXAMPLES), offset(1e-12));
    }
  }
}
