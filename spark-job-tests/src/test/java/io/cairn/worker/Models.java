/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Field.Role;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** The kinds of network that must train alike however the batch is split. */
enum Models {
  DENSE {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(dense(7, 9))
          .layer(dense(9, 6))
          .layer(classes(6, 4))
          .build()
          .toJson();
    }

    @Override
    List<Field> fields() {
      return List.of(Field.vector("x", Role.INPUT, 7), Field.classIndex("y", Role.OUTPUT, 4));
    }
  },

  CONVOLUTIONAL {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.convolutionMode(ConvolutionMode.Same)
          .list()
          .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.TANH).build())
          .layer(new SubsamplingLayer.Builder(PoolingType.AVG, new int[] {2, 2}).build())
          .layer(
              new OutputLayer.Builder(LossFunction.MCXENT)
                  .nOut(3)
                  .activation(Activation.SOFTMAX)
                  .build())
          .setInputType(InputType.convolutionalFlat(6, 6, 1))
          .build()
          .toJson();
    }

    @Override
    List<Field> fields() {
      return List.of(Field.vector("x", Role.INPUT, 36), Field.classIndex("y", Role.OUTPUT, 3));
    }
  },

  LSTM_MASKED {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.list()
          .layer(new LSTM.Builder().nIn(3).nOut(5).activation(Activation.TANH).build())
          .layer(
              new RnnOutputLayer.Builder(LossFunction.MCXENT)
                  .nIn(5)
                  .nOut(3)
                  .activation(Activation.SOFTMAX)
                  .build())
          .build()
          .toJson();
    }

    @Override
    List<Field> fields() {
      return List.of(
          Field.sequence("x", Role.INPUT, 3, 6), Field.classSequence("y", Role.OUTPUT, 3, 6));
    }
  },

  GRAPH {
    @Override
    String json(NeuralNetConfiguration.Builder base) {
      return base.graphBuilder()
          .addInputs("a", "b")
          .addLayer("da", dense(4, 5), "a")
          .addLayer("db", dense(3, 4), "b")
          .addVertex("merge", new MergeVertex(), "da", "db")
          .addLayer("class", classes(9, 3), "merge")
          .addLayer(
              "value",
              new OutputLayer.Builder(LossFunction.MSE)
                  .nIn(9)
                  .nOut(2)
                  .activation(Activation.IDENTITY)
                  .build(),
              "merge")
          .setOutputs("class", "value")
          .build()
          .toJson();
    }

    @Override
    List<Field> fields() {
      return List.of(
          Field.vector("a", Role.INPUT, 4),
          Field.vector("b", Role.INPUT, 3),
          Field.classIndex("class", Role.OUTPUT, 3),
          Field.vector("value", Role.OUTPUT, 2));
    }
  };

  abstract String json(NeuralNetConfiguration.Builder base);

  abstract List<Field> fields();

  ExampleLayout layout(ElementKind kind) {
    return new ExampleLayout(kind, fields());
  }

  byte[] configuration(ElementKind kind, Optimizer optimizer) {
    NeuralNetConfiguration.Builder base =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .dataType(kind == ElementKind.FLOAT32 ? DataType.FLOAT : DataType.DOUBLE)
            .activation(Activation.TANH);
    return json(optimizer.configure(base)).getBytes(StandardCharsets.UTF_8);
  }

  static DenseLayer dense(int in, int out) {
    return new DenseLayer.Builder().nIn(in).nOut(out).activation(Activation.TANH).build();
  }

  static OutputLayer classes(int in, int out) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nIn(in)
        .nOut(out)
        .activation(Activation.SOFTMAX)
        .build();
  }

  /** Updaters whose state or schedule would show a wrong count of examples or updates. */
  enum Optimizer {
    SGD(new Sgd(0.1), 0),
    NESTEROV(new Nesterovs(0.05, 0.9), 0),
    ADAM_SCHEDULE_DECAY(
        new Adam(new ExponentialSchedule(ScheduleType.ITERATION, 0.01, 0.95)), 0.01);

    private final IUpdater updater;
    private final double weightDecay;

    Optimizer(IUpdater updater, double weightDecay) {
      this.updater = updater;
      this.weightDecay = weightDecay;
    }

    NeuralNetConfiguration.Builder configure(NeuralNetConfiguration.Builder base) {
      base.updater(updater);
      return weightDecay > 0 ? base.weightDecay(weightDecay).l2(1e-3) : base;
    }
  }
}
