/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.charset.StandardCharsets;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small float64 configurations and data for this room's tests: 6 features, 3 classes. */
final class Configurations {

  static final int FEATURES = 6;
  static final int CLASSES = 3;

  private Configurations() {}

  static NeuralNetConfiguration.Builder base() {
    return new NeuralNetConfiguration.Builder()
        .seed(5)
        .dataType(DataType.DOUBLE)
        .updater(new Adam(1e-2))
        .activation(Activation.TANH);
  }

  static String dense() {
    return dense(base().l2(1e-3).weightDecay(1e-3));
  }

  static String dense(NeuralNetConfiguration.Builder base) {
    return base.list()
        .layer(new DenseLayer.Builder().nIn(FEATURES).nOut(8).build())
        .layer(output())
        .build()
        .toJson();
  }

  static String batchNorm() {
    return base()
        .list()
        .layer(new DenseLayer.Builder().nIn(FEATURES).nOut(8).build())
        .layer(new BatchNormalization.Builder().nOut(8).build())
        .layer(output())
        .build()
        .toJson();
  }

  static String centerLoss() {
    return base()
        .list()
        .layer(new DenseLayer.Builder().nIn(FEATURES).nOut(8).build())
        .layer(
            new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                .nIn(8)
                .nOut(CLASSES)
                .alpha(0.1)
                .lambda(0.01)
                .activation(Activation.SOFTMAX)
                .build())
        .build()
        .toJson();
  }

  private static OutputLayer output() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nIn(8)
        .nOut(CLASSES)
        .activation(Activation.SOFTMAX)
        .build();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Replica replica(String json) {
    return new Replica(ModelSource.read("test", bytes(json), 5).archive(), 16);
  }

  /** Random examples, the same for the same seed. */
  static DataSet examples(int count, long seed) {
    Nd4j.getRandom().setSeed(seed);
    INDArray x = Nd4j.randn(DataType.DOUBLE, count, FEATURES);
    INDArray y = Nd4j.zeros(DataType.DOUBLE, count, CLASSES);
    for (int i = 0; i < count; i++) {
      y.putScalar(i, (i * 7 + (int) seed) % CLASSES, 1);
    }
    return new DataSet(x, y);
  }

  static MultiDataSet rows(DataSet data, int from, int to) {
    return new MultiDataSet(
        data.getFeatures().get(NDArrayIndex.interval(from, to), NDArrayIndex.all()),
        data.getLabels().get(NDArrayIndex.interval(from, to), NDArrayIndex.all()));
  }
}
