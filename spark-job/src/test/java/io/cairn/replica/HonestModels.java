/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Models with nothing wrong in them, of the kinds that rounding treats worst among others. */
enum HonestModels {
  MLP {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list().layer(dense(20, 30)).layer(classes(30, 4)).build().toJson();
    }
  },

  DEEP_RELU {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      NeuralNetConfiguration.ListBuilder list = base.weightInit(WeightInit.RELU).list();
      list.layer(dense(20, 64));
      for (int i = 0; i < 20; i++) {
        list.layer(dense(64, 64));
      }
      return list.layer(classes(64, 4)).build().toJson();
    }
  },

  DEEP_SIGMOID {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      NeuralNetConfiguration.ListBuilder list = base.activation(Activation.SIGMOID).list();
      list.layer(new DenseLayer.Builder().nIn(20).nOut(16).build());
      for (int i = 0; i < 12; i++) {
        list.layer(new DenseLayer.Builder().nIn(16).nOut(16).build());
      }
      return list.layer(classes(16, 4)).build().toJson();
    }
  },

  UNSCALED {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return MLP.json(base);
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      MultiDataSet data = super.examples(count, type, seed);
      data.getFeatures(0).muli(60).addi(128);
      return data;
    }
  },

  REGRESSION_UNSCALED {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(dense(20, 30))
          .layer(
              new OutputLayer.Builder(LossFunction.MSE)
                  .nIn(30)
                  .nOut(4)
                  .activation(Activation.IDENTITY)
                  .build())
          .build()
          .toJson();
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      MultiDataSet data = super.examples(count, type, seed);
      data.getLabels(0).muli(1e6);
      return data;
    }
  },

  DENSE_BATCH_NORM {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(dense(20, 30))
          .layer(new BatchNormalization.Builder().nIn(30).nOut(30).build())
          .layer(dense(30, 30))
          .layer(new BatchNormalization.Builder().nIn(30).nOut(30).build())
          .layer(classes(30, 4))
          .build()
          .toJson();
    }
  },

  BATCH_NORM_UNSCALED {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return DENSE_BATCH_NORM.json(base);
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      return UNSCALED.examples(count, type, seed);
    }
  },

  NOISY {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.weightNoise(new DropConnect(0.8))
          .list()
          .layer(dense(20, 30))
          .layer(new DropoutLayer(0.6))
          .layer(
              new DenseLayer.Builder()
                  .nIn(30)
                  .nOut(30)
                  .dropOut(0.5)
                  .activation(new ActivationRReLU())
                  .build())
          .layer(new ActivationLayer(new ActivationRReLU(0.1, 0.5)))
          .layer(classes(30, 4))
          .build()
          .toJson();
    }
  },

  LENET {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(new ConvolutionLayer.Builder(5, 5).nOut(20).activation(Activation.RELU).build())
          .layer(pooling())
          .layer(new ConvolutionLayer.Builder(5, 5).nOut(50).activation(Activation.RELU).build())
          .layer(pooling())
          .layer(new DenseLayer.Builder().nOut(100).activation(Activation.RELU).build())
          .layer(softmax().nOut(4).build())
          .setInputType(InputType.convolutionalFlat(28, 28, 1))
          .build()
          .toJson();
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      INDArray images = Nd4j.rand(DataType.DOUBLE, count, 784).subi(0.5);
      images.muli(images.gt(0).castTo(DataType.DOUBLE));
      return pair(images.castTo(type), oneHot(count, 4, type, seed));
    }
  },

  CONVOLUTIONS_BATCH_NORM {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.convolutionMode(ConvolutionMode.Same)
          .list()
          .layer(new ConvolutionLayer.Builder(3, 3).nOut(8).activation(Activation.IDENTITY).build())
          .layer(new BatchNormalization())
          .layer(new ActivationLayer(Activation.RELU))
          .layer(new SeparableConvolution2D.Builder(3, 3).nOut(8).build())
          .layer(new BatchNormalization())
          .layer(new ActivationLayer(Activation.RELU))
          .layer(pooling())
          .layer(new GlobalPoolingLayer(PoolingType.AVG))
          .layer(softmax().nOut(4).build())
          .setInputType(InputType.convolutional(12, 12, 3))
          .build()
          .toJson();
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      return pair(
          Nd4j.rand(DataType.DOUBLE, count, 3, 12, 12).castTo(type), oneHot(count, 4, type, seed));
    }
  },

  LSTM_MASKED {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(new LSTM.Builder().nIn(3).nOut(12).activation(Activation.TANH).build())
          .layer(new Bidirectional(new LSTM.Builder().nIn(12).nOut(6).dropOut(0.5).build()))
          .layer(
              new RnnOutputLayer.Builder(LossFunction.MCXENT)
                  .nIn(12)
                  .nOut(4)
                  .activation(Activation.SOFTMAX)
                  .build())
          .build()
          .toJson();
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      Random random = new Random(seed);
      INDArray mask = Nd4j.zeros(type, count, 9);
      INDArray labels = Nd4j.zeros(type, count, 4, 9);
      for (int i = 0; i < count; i++) {
        int steps = 1 + random.nextInt(9);
        for (int t = 0; t < steps; t++) {
          mask.putScalar(i, t, 1);
          labels.putScalar(i, random.nextInt(4), t, 1);
        }
      }
      return new org.nd4j.linalg.dataset.MultiDataSet(
          new INDArray[] {Nd4j.randn(DataType.DOUBLE, count, 3, 9).castTo(type)},
          new INDArray[] {labels},
          new INDArray[] {mask},
          new INDArray[] {mask.dup()});
    }
  },

  EMBEDDING_LAST_STEP {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(new EmbeddingSequenceLayer.Builder().nIn(50).nOut(8).inputLength(7).build())
          .layer(new LastTimeStep(new LSTM.Builder().nIn(8).nOut(10).build()))
          .layer(classes(10, 4))
          .build()
          .toJson();
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      Random random = new Random(seed);
      INDArray tokens = Nd4j.zeros(type, count, 1, 7);
      for (int i = 0; i < count; i++) {
        for (int t = 0; t < 7; t++) {
          tokens.putScalar(i, 0, t, random.nextInt(50));
        }
      }
      return pair(tokens, oneHot(count, 4, type, seed));
    }
  },

  SEQUENCE_CONVOLUTION {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.convolutionMode(ConvolutionMode.Same)
          .list()
          .layer(new Convolution1DLayer.Builder(3).nIn(3).nOut(8).build())
          .layer(new GlobalPoolingLayer(PoolingType.MAX))
          .layer(classes(8, 4))
          .build()
          .toJson();
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      return pair(
          Nd4j.randn(DataType.DOUBLE, count, 3, 9).castTo(type), oneHot(count, 4, type, seed));
    }
  },

  CENTRE_LOSS {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(dense(20, 30))
          .layer(
              new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                  .nIn(30)
                  .nOut(4)
                  .activation(Activation.SOFTMAX)
                  .alpha(0.1)
                  .lambda(0.05)
                  .build())
          .build()
          .toJson();
    }
  },

  GRAPH {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.gradientNormalization(GradientNormalization.ClipL2PerLayer)
          .graphBuilder()
          .addInputs("a", "b")
          .addLayer("da", dense(20, 10), "a")
          .addLayer("db", dense(5, 10), "b")
          .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "da", "db")
          .addVertex("merge", new MergeVertex(), "sum", "db")
          .addLayer("class", classes(20, 4), "merge")
          .addLayer(
              "value",
              new OutputLayer.Builder(LossFunction.MSE)
                  .nIn(20)
                  .nOut(2)
                  .activation(Activation.IDENTITY)
                  .build(),
              "merge")
          .setOutputs("class", "value")
          .build()
          .toJson();
    }

    @Override
    MultiDataSet examples(int count, DataType type, long seed) {
      return new org.nd4j.linalg.dataset.MultiDataSet(
          new INDArray[] {
            Nd4j.randn(DataType.DOUBLE, count, 20).castTo(type),
            Nd4j.randn(DataType.DOUBLE, count, 5).castTo(type)
          },
          new INDArray[] {
            oneHot(count, 4, type, seed), Nd4j.randn(DataType.DOUBLE, count, 2).castTo(type)
          });
    }
  };

  abstract String json(NeuralNetConfiguration.Builder base);

  /** A network of it, as the driver reads one. */
  Network network(DataType type, long seed) {
    String json =
        json(
            new NeuralNetConfiguration.Builder()
                .seed(seed)
                .dataType(type)
                .updater(new Adam(0.01))
                .l2(0.1)
                .activation(Activation.RELU));
    ModelConfiguration configuration = ModelConfiguration.parse(name(), json);
    configuration.seed(seed);
    return configuration.network(null, null);
  }

  /** Its archive, as workers get it. */
  byte[] configuration(DataType type) {
    return json(new NeuralNetConfiguration.Builder().dataType(type).updater(new Adam(0.01)))
        .getBytes(StandardCharsets.UTF_8);
  }

  MultiDataSet examples(int count, DataType type, long seed) {
    return pair(Nd4j.randn(DataType.DOUBLE, count, 20).castTo(type), oneHot(count, 4, type, seed));
  }

  static MultiDataSet pair(INDArray features, INDArray labels) {
    return new org.nd4j.linalg.dataset.MultiDataSet(features, labels);
  }

  static INDArray oneHot(int count, int classes, DataType type, long seed) {
    Random random = new Random(seed);
    INDArray labels = Nd4j.zeros(type, count, classes);
    for (int i = 0; i < count; i++) {
      labels.putScalar(i, random.nextInt(classes), 1);
    }
    return labels;
  }

  private static DenseLayer dense(int in, int out) {
    return new DenseLayer.Builder().nIn(in).nOut(out).activation(Activation.RELU).build();
  }

  private static OutputLayer.Builder softmax() {
    return new OutputLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX);
  }

  private static OutputLayer classes(int in, int out) {
    return softmax().nIn(in).nOut(out).build();
  }

  private static SubsamplingLayer pooling() {
    return new SubsamplingLayer.Builder(
            SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
        .build();
  }
}
