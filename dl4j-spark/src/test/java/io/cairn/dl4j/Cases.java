/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Small networks, and data for them. */
final class Cases {

  static final int FEATURES = 5;
  static final int CLASSES = 3;
  static final int CHANNELS = 2;
  static final int MOST_STEPS = 6;

  private Cases() {}

  /** Of three classes; by Adam, whose rate falls with each epoch; with dropout if it is below 1. */
  static MultiLayerConfiguration classifier(DataType type, double keep) {
    ISchedule falling = new StepSchedule(ScheduleType.EPOCH, 0.02, 0.5, 1);
    return dense(type, new Adam(falling), keep);
  }

  /** The same by an updater. */
  static MultiLayerConfiguration dense(DataType type, IUpdater updater, double keep) {
    return new NeuralNetConfiguration.Builder()
        .seed(7)
        .dataType(type)
        .updater(updater)
        .l2(1e-3)
        .list()
        .layer(
            new DenseLayer.Builder()
                .nIn(FEATURES)
                .nOut(8)
                .activation(Activation.TANH)
                .dropOut(keep)
                .build())
        .layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(8)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build())
        .build();
  }

  /** A class for each step of a sequence. */
  static MultiLayerConfiguration tagger() {
    return new NeuralNetConfiguration.Builder()
        .seed(7)
        .dataType(DataType.DOUBLE)
        .updater(new Nesterovs(0.1, 0.9))
        .list()
        .layer(new LSTM.Builder().nIn(CHANNELS).nOut(4).activation(Activation.TANH).build())
        .layer(
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nIn(4)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build())
        .build();
  }

  /** Of pictures with a channel. */
  static MultiLayerConfiguration pictures() {
    return new NeuralNetConfiguration.Builder()
        .seed(7)
        .dataType(DataType.DOUBLE)
        .updater(new Adam(0.01))
        .list()
        .layer(new ConvolutionLayer.Builder(2, 2).nOut(3).activation(Activation.TANH).build())
        .layer(
            new OutputLayer.Builder(LossFunction.MSE)
                .nOut(2)
                .activation(Activation.IDENTITY)
                .build())
        .setInputType(InputType.convolutional(4, 4, 1))
        .build();
  }

  /** Two inputs, two outputs. */
  static ComputationGraphConfiguration graph() {
    return new NeuralNetConfiguration.Builder()
        .seed(7)
        .dataType(DataType.DOUBLE)
        .updater(new Adam(0.01))
        .graphBuilder()
        .addInputs("left", "right")
        .addLayer("dense", new DenseLayer.Builder().nIn(FEATURES).nOut(4).build(), "left")
        .addVertex("both", new MergeVertex(), "dense", "right")
        .addLayer(
            "class",
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(6)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build(),
            "both")
        .addLayer(
            "value",
            new OutputLayer.Builder(LossFunction.MSE)
                .nIn(6)
                .nOut(1)
                .activation(Activation.IDENTITY)
                .build(),
            "both")
        .setOutputs("class", "value")
        .build();
  }

  static INDArray numbers(long seed, DataType type, long... shape) {
    Random random = new Random(seed);
    INDArray array = Nd4j.create(DataType.DOUBLE, shape);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, random.nextGaussian());
    }
    return array.castTo(type);
  }

  /** Columns with a 1 in that of each row's class. */
  static INDArray classes(long seed, DataType type, int rows) {
    Random random = new Random(seed);
    INDArray labels = Nd4j.zeros(type, rows, CLASSES);
    for (int row = 0; row < rows; row++) {
      labels.putScalar(row, random.nextInt(CLASSES), 1);
    }
    return labels;
  }

  /** Examples of three classes. */
  static DataSet classified(DataType type, int examples) {
    return new DataSet(numbers(1, type, examples, FEATURES), classes(2, type, examples));
  }

  /** Sequences of several lengths, padded and masked. */
  static DataSet tagged(int examples) {
    Random random = new Random(3);
    INDArray features = numbers(4, DataType.DOUBLE, examples, CHANNELS, MOST_STEPS);
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, examples, CLASSES, MOST_STEPS);
    INDArray mask = Nd4j.zeros(DataType.DOUBLE, examples, MOST_STEPS);
    for (int i = 0; i < examples; i++) {
      int steps = i == 0 ? MOST_STEPS : 1 + random.nextInt(MOST_STEPS);
      for (int step = 0; step < steps; step++) {
        mask.putScalar(i, step, 1);
        labels.putScalar(new int[] {i, random.nextInt(CLASSES), step}, 1);
      }
    }
    return new DataSet(features, labels, mask, mask.dup());
  }

  /** The examples of a data set in data sets of so many. */
  static List<DataSet> batches(DataSet all, int size) {
    List<DataSet> batches = new ArrayList<>();
    for (int from = 0; from < all.numExamples(); from += size) {
      batches.add((DataSet) all.getRange(from, Math.min(all.numExamples(), from + size)));
    }
    return batches;
  }
}
