/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Sequences of several lengths. */
class SequencesTest {

  private static final int EXAMPLES = 11;

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network = new MultiLayerNetwork(Cases.tagger());
    network.init();
    return network;
  }

  private static MultiLayerNetwork fitted(List<DataSet> data) {
    JavaSparkContext spark = SparkFixture.local();
    SparkDl4jMultiLayer wrapper =
        new SparkDl4jMultiLayer(
            spark,
            network(),
            new CairnTrainingMaster.Builder()
                .workers(1)
                .batchSizePerWorker(4)
                .effectiveBatch(12)
                .build());
    return wrapper.fit(spark.parallelize(data, 2));
  }

  /** Each by itself, as long as it is, without a mask. */
  private static List<DataSet> unpadded(DataSet all) {
    List<DataSet> single = new ArrayList<>();
    for (DataSet one : Cases.batches(all, 1)) {
      int steps = one.getFeaturesMaskArray().sumNumber().intValue();
      single.add(
          new DataSet(
              one.getFeatures()
                  .get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(0, steps))
                  .dup(),
              one.getLabels()
                  .get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(0, steps))
                  .dup()));
    }
    return single;
  }

  @Test
  void masksAreThoseOfDeeplearning4jAndPaddingChangesNoBit() {
    DataSet all = Cases.tagged(EXAMPLES);
    MultiLayerNetwork plain = network();
    plain.fit(all);
    MultiLayerNetwork padded = fitted(List.of(all));
    assertThat(padded.params().distance2(plain.params())).isCloseTo(0, within(1e-10));
    MultiLayerNetwork ofTheirLength = fitted(unpadded(all));
    assertThat(ofTheirLength.params().data().asBytes()).isEqualTo(padded.params().data().asBytes());
  }
}
