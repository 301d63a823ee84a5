/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class ReplicaTest {

  private static MultiLayerConfiguration conf(boolean batchNorm) {
    var list =
        new NeuralNetConfiguration.Builder()
            .seed(5)
            .dataType(DataType.DOUBLE)
            .updater(new Adam(1e-2))
            .l2(1e-3)
            .weightDecay(1e-3)
            .list()
            .layer(new DenseLayer.Builder().nIn(6).nOut(8).activation(Activation.TANH).build());
    if (batchNorm) {
      list.layer(new BatchNormalization.Builder().nOut(8).build());
    }
    return list.layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(8)
                .nOut(3)
                .activation(Activation.SOFTMAX)
                .build())
        .build();
  }

  private static MultiDataSet part(INDArray x, INDArray y, int from, int to) {
    return new MultiDataSet(
        x.get(NDArrayIndex.interval(from, to), NDArrayIndex.all()),
        y.get(NDArrayIndex.interval(from, to), NDArrayIndex.all()));
  }

  @Test
  void raggedMicroBatchesGiveTheUpdateOfOneBigBatch() {
    MultiLayerNetwork plain = new MultiLayerNetwork(conf(false));
    plain.init();
    ModelSource source =
        ModelSource.read("test", conf(false).toJson().getBytes(java.nio.charset.StandardCharsets.UTF_8), 5);
    Replica replica = new Replica(source.archive(), 16);
    assertThat(replica.network().parameters()).isEqualTo(plain.params());
    Nd4j.getRandom().setSeed(3);
    for (int update = 0; update < 20; update++) {
      INDArray x = Nd4j.randn(DataType.DOUBLE, 25, 6);
      INDArray y = Nd4j.zeros(DataType.DOUBLE, 25, 3);
      for (int i = 0; i < 25; i++) {
        y.putScalar(i, (i * 7 + update) % 3, 1);
      }
      plain.fit(new DataSet(x, y));
      replica.clear();
      double loss = 0;
      for (int from = 0; from < 25; from += 10) {
        loss += replica.accumulate(part(x, y, from, Math.min(25, from + 10)), 1);
      }
      double before = replica.regularizationScore();
      replica.update(25, replica.gradientSumNorm(), OptionalDouble.empty());
      assertThat(loss / 25 + before).isCloseTo(plain.score(), org.assertj.core.data.Offset.offset(1e-12));
    }
    INDArray difference = replica.network().parameters().sub(plain.params());
    assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-12);
    INDArray state = replica.network().updaterState().sub(plain.getUpdater().getStateViewArray());
    assertThat(state.amaxNumber().doubleValue()).isLessThan(1e-12);
    assertThat(plain.getIterationCount()).isEqualTo(replica.network().iteration());
  }

  @Test
  void speed() {
    MultiLayerConfiguration c =         new NeuralNetConfiguration.Builder()
            .seed(5)
            .updater(new Adam(1e-3))
            .list()
            .layer(new DenseLayer.Builder().nIn(784).nOut(512).activation(Activation.RELU).build())
            .layer(new DenseLayer.Builder().nIn(512).nOut(256).activation(Activation.RELU).build())
            .layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(256)
                .nOut(10)
                .activation(Activation.SOFTMAX)
                .build())
        .build();
    ModelSource source =
        ModelSource.read("test", c.toJson().getBytes(java.nio.charset.StandardCharsets.UTF_8), 5);
    Replica replica = new Replica(source.archive(), 16);
    INDArray x = Nd4j.rand(DataType.FLOAT, 32, 784);
    INDArray y = Nd4j.zeros(DataType.FLOAT, 32, 10);
      for (int i = 0; i < 32; i++) {
        y.putScalar(i, i% 10, 1);
      }
    MultiDataSet b = new MultiDataSet(x,y);
    for (int k=0;k<6;k++){
     long seed=0, back=0, add=0, norm=0, upd=0;
     for (int i=0;i<50;i++) {
       replica.clear();
       for (int j=0;j<8;j++){ 
         long a=System.nanoTime(); Nd4j.getRandom().setSeed(i*77+j); long bb=System.nanoTime(); seed+=bb-a;
         replica.network().backpropagate(b); long cc=System.nanoTime(); back+=cc-bb;
         replica.accumulate(b,1); add+=System.nanoTime()-cc;
       }
       long a=System.nanoTime(); double nn=replica.gradientSumNorm(); long bb=System.nanoTime(); norm+=bb-a;
       replica.update(256*2,nn,OptionalDouble.empty()); upd+=System.nanoTime()-bb;
     }
     System.out.printf("seed %.3f back %.3f accumulate(total) %.3f norm %.3f update %.3f ms%n", seed/400e6, back/400e6, add/400e6, norm/50e6, upd/50e6);
    }
    System.out.println(Nd4j.factory().blas().getBlasVendor());
  }
}
