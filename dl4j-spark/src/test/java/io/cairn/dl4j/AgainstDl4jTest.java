/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;

/** In float64 a fit is what Deeplearning4j itself makes of one big batch. */
class AgainstDl4jTest {

  private static final int EXAMPLES = 24;
  private static final double CLOSE = 1e-10;

  /** All examples in one update. */
  private static CairnTrainingMaster master() {
    return new CairnTrainingMaster.Builder()
        .workers(1)
        .batchSizePerWorker(5)
        .accumulationSteps(5)
        .build();
  }

  private static void close(INDArray found, INDArray wanted) {
    assertThat(found.distance2(wanted)).isCloseTo(0, within(CLOSE));
    assertThat(wanted.norm2Number().doubleValue()).isGreaterThan(1e-3);
  }

  private static MultiLayerNetwork network(MultiLayerConfiguration configuration) {
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    return network;
  }

  /** A new one for each network, since networks count in their configuration. */
  private static MultiLayerConfiguration classifier() {
    return Cases.dense(DataType.DOUBLE, new Adam(0.02), 1);
  }

  @Test
  void fitsAreThoseOfPlainFit() {
    JavaSparkContext spark = SparkFixture.local();
    DataSet all = Cases.classified(DataType.DOUBLE, EXAMPLES);
    MultiLayerNetwork plain = network(classifier());
    SparkDl4jMultiLayer cairn = new SparkDl4jMultiLayer(spark, network(classifier()), master());
    for (int i = 0; i < 2; i++) {
      plain.fit(all);
      cairn.fit(spark.parallelize(Cases.batches(all, 7), 2));
    }
    close(cairn.getNetwork().params(), plain.params());
    close(
        cairn.getNetwork().getUpdater().getStateViewArray(),
        plain.getUpdater().getStateViewArray());
    assertThat(cairn.getNetwork().getIterationCount()).isEqualTo(2);
    assertThat(cairn.getNetwork().getEpochCount()).isEqualTo(2);
    assertThat(cairn.getScore()).isCloseTo(plain.score(), within(CLOSE));
  }

  /**
   * What {@code docs/dl4j-spark.md} says of it: its saveUpdater is documented as on, and is off
   * unless it is set, so that Adam begins anew with each call while the iterations are counted on.
   */
  @Test
  void averagingOfOneWorkerIsPlainFitOnlyIfItIsToldToKeepTheUpdatersState() {
    JavaSparkContext spark = SparkFixture.local();
    DataSet all = Cases.classified(DataType.DOUBLE, EXAMPLES);
    MultiLayerNetwork plain = network(classifier());
    SparkDl4jMultiLayer keeping =
        new SparkDl4jMultiLayer(
            spark, network(classifier()), averaging().saveUpdater(true).build());
    SparkDl4jMultiLayer unsaid =
        new SparkDl4jMultiLayer(spark, network(classifier()), averaging().build());
    for (int i = 0; i < 2; i++) {
      plain.fit(all);
      keeping.fit(spark.parallelize(List.of(all), 1));
      unsaid.fit(spark.parallelize(List.of(all), 1));
    }
    close(keeping.getNetwork().params(), plain.params());
    assertThat(unsaid.getNetwork().params().distance2(plain.params())).isGreaterThan(1e-2);
  }

  /** All examples in one update of one worker. */
  private static ParameterAveragingTrainingMaster.Builder averaging() {
    return new ParameterAveragingTrainingMaster.Builder(1, EXAMPLES)
        .batchSizePerWorker(EXAMPLES)
        .averagingFrequency(1)
        .rddTrainingApproach(RDDTrainingApproach.Direct);
  }

  @Test
  void picturesKeepTheirShape() {
    JavaSparkContext spark = SparkFixture.local();
    DataSet all =
        new DataSet(
            Cases.numbers(1, DataType.DOUBLE, EXAMPLES, 1, 4, 4),
            Cases.numbers(2, DataType.DOUBLE, EXAMPLES, 2));
    MultiLayerNetwork plain = network(Cases.pictures());
    plain.fit(all);
    SparkDl4jMultiLayer cairn = new SparkDl4jMultiLayer(spark, network(Cases.pictures()), master());
    cairn.fit(spark.parallelize(Cases.batches(all, 5), 2));
    close(cairn.getNetwork().params(), plain.params());
  }

  @Test
  void graphsHaveSeveralInputsAndOutputs() {
    JavaSparkContext spark = SparkFixture.local();
    MultiDataSet all =
        new org.nd4j.linalg.dataset.MultiDataSet(
            new INDArray[] {
              Cases.numbers(1, DataType.DOUBLE, EXAMPLES, Cases.FEATURES),
              Cases.numbers(2, DataType.DOUBLE, EXAMPLES, 2)
            },
            new INDArray[] {
              Cases.classes(3, DataType.DOUBLE, EXAMPLES),
              Cases.numbers(4, DataType.DOUBLE, EXAMPLES, 1)
            });
    ComputationGraph plain = new ComputationGraph(Cases.graph());
    plain.init();
    plain.fit(all);
    SparkComputationGraph cairn = new SparkComputationGraph(spark, Cases.graph(), master());
    cairn.fitMultiDataSet(spark.parallelize(all.asList(), 2));
    close(cairn.getNetwork().params(), plain.params());
    close(
        cairn.getNetwork().getUpdater().getStateViewArray(),
        plain.getUpdater().getStateViewArray());
    assertThat(cairn.getNetwork().getIterationCount()).isEqualTo(1);
    assertThat(cairn.getNetwork().getEpochCount()).isEqualTo(1);
  }
}
