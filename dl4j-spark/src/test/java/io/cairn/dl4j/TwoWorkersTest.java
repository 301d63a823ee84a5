/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** Two workers, each an executor's process. */
class TwoWorkersTest {

  private static final int EXAMPLES = 30;

  @Test
  void twoWorkersMakeThePlainNetworkAndTheWrapperEvaluatesIt() {
    JavaSparkContext spark = SparkFixture.twoExecutors();
    DataSet all = Cases.classified(DataType.DOUBLE, EXAMPLES);
    MultiLayerNetwork plain = new MultiLayerNetwork(Cases.classifier(DataType.DOUBLE, 1));
    plain.init();
    MultiLayerNetwork network = plain.clone();
    SparkDl4jMultiLayer wrapper =
        new SparkDl4jMultiLayer(
            spark,
            network,
            new CairnTrainingMaster.Builder()
                .workers(2)
                .batchSizePerWorker(4)
                .accumulationSteps(4)
                .build());
    JavaRDD<DataSet> data = spark.parallelize(Cases.batches(all, 8), 3);
    for (int i = 0; i < 2; i++) {
      plain.fit(all);
      plain.incrementEpochCount();
      wrapper.fit(data);
    }
    assertThat(network).isSameAs(wrapper.getNetwork());
    assertThat(network.params().distance2(plain.params())).isCloseTo(0, within(1e-10));
    Evaluation ofPlain = new Evaluation(Cases.CLASSES);
    ofPlain.eval(all.getLabels(), plain.output(all.getFeatures()));
    Evaluation found = wrapper.evaluate(data);
    assertThat(found.accuracy()).isEqualTo(ofPlain.accuracy());
    assertThat(wrapper.calculateScore(data, true)).isCloseTo(plain.score(all), within(1e-6));
  }
}
