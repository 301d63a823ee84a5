/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * An example of weight 3 is three such examples, for every loss: plain DL4J on a batch in which
 * examples are repeated is what gradient and loss are held to.
 */
class WeightedLossTest {

  private static final double[] WEIGHTS = {2, 0, 3, 1, 1, 4};

  /** What labels look like. */
  private enum Labels {
    ONE_HOT,
    INDEX,
    ZERO_OR_ONE,
    SIGN,
    POSITIVE,
    ANY
  }

  static Stream<Arguments> losses() {
    return Stream.of(
        Arguments.of(LossFunction.MCXENT, Activation.SOFTMAX, 3, Labels.ONE_HOT),
        Arguments.of(LossFunction.SPARSE_MCXENT, Activation.SOFTMAX, 3, Labels.INDEX),
        Arguments.of(LossFunction.NEGATIVELOGLIKELIHOOD, Activation.SOFTMAX, 3, Labels.ONE_HOT),
        Arguments.of(LossFunction.XENT, Activation.SIGMOID, 3, Labels.ZERO_OR_ONE),
        Arguments.of(LossFunction.XENT, Activation.SIGMOID, 1, Labels.ZERO_OR_ONE),
        Arguments.of(LossFunction.MSE, Activation.IDENTITY, 3, Labels.ANY),
        Arguments.of(LossFunction.MSE, Activation.IDENTITY, 1, Labels.ANY),
        Arguments.of(LossFunction.SQUARED_LOSS, Activation.TANH, 1, Labels.ANY),
        Arguments.of(LossFunction.MEAN_ABSOLUTE_ERROR, Activation.IDENTITY, 1, Labels.ANY),
        Arguments.of(LossFunction.L1, Activation.IDENTITY, 2, Labels.ANY),
        Arguments.of(LossFunction.L2, Activation.IDENTITY, 1, Labels.ANY),
        Arguments.of(
            LossFunction.MEAN_ABSOLUTE_PERCENTAGE_ERROR, Activation.IDENTITY, 2, Labels.POSITIVE),
        Arguments.of(
            LossFunction.MEAN_SQUARED_LOGARITHMIC_ERROR, Activation.SIGMOID, 1, Labels.POSITIVE),
        Arguments.of(LossFunction.KL_DIVERGENCE, Activation.SIGMOID, 2, Labels.POSITIVE),
        Arguments.of(LossFunction.POISSON, Activation.SOFTPLUS, 1, Labels.POSITIVE),
        Arguments.of(LossFunction.HINGE, Activation.TANH, 1, Labels.SIGN),
        Arguments.of(LossFunction.SQUARED_HINGE, Activation.TANH, 1, Labels.SIGN),
        Arguments.of(LossFunction.COSINE_PROXIMITY, Activation.IDENTITY, 3, Labels.ANY),
        Arguments.of(LossFunction.WASSERSTEIN, Activation.IDENTITY, 1, Labels.SIGN));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("losses")
  void anExampleOfWeightThreeIsThreeExamples(
      LossFunction loss, Activation activation, int units, Labels labels) {
    Layer output = new OutputLayer.Builder(loss).nIn(5).nOut(units).activation(activation).build();
    requireSame(dense(output), random(6, 4), labels(labels, 6, units), null);
    requireSame(
        dense(new LossLayer.Builder(loss).activation(activation).build(), units),
        random(6, 4),
        labels(labels, 6, units),
        null);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void theStepsOfAWeightedSequenceAllHaveItsWeight(RNNFormat format, Labels form) {
    Layer output =
        new RnnOutputLayer.Builder(
                form == Labels.INDEX ? LossFunction.SPARSE_MCXENT : LossFunction.MCXENT)
            .nIn(5)
            .nOut(3)
            .activation(Activation.SOFTMAX)
            .dataFormat(format)
            .build();
    INDArray mask = Nd4j.ones(DataType.DOUBLE, 6, 4);
    mask.putScalar(0, 3, 0).putScalar(4, 2, 0).putScalar(4, 3, 0);
    INDArray labels = labels(form, 24, 3);
    INDArray steps = labels.reshape('c', 6, 4, labels.size(1));
    INDArray input = random(24, 2).reshape('c', 6, 4, 2);
    boolean last = format == RNNFormat.NCW;
    requireSame(
        base()
            .list()
            .layer(new LSTM.Builder().nIn(2).nOut(5).dataFormat(format).build())
            .layer(output)
            .build()
            .toJson(),
        last ? input.permute(0, 2, 1).dup('c') : input,
        last ? steps.permute(0, 2, 1).dup('c') : steps,
        mask);
  }

  static Stream<Arguments> formats() {
    return Stream.of(
        Arguments.of(RNNFormat.NCW, Labels.ONE_HOT),
        Arguments.of(RNNFormat.NWC, Labels.ONE_HOT),
        Arguments.of(RNNFormat.NCW, Labels.INDEX),
        Arguments.of(RNNFormat.NWC, Labels.INDEX));
  }

  @Test
  void theStepsOfALossLayerHaveTheWeightOfTheirSequence() {
    requireSame(
        base()
            .list()
            .layer(new LSTM.Builder().nIn(2).nOut(3).build())
            .layer(new RnnLossLayer.Builder(LossFunction.MSE).activation(Activation.TANH).build())
            .build()
            .toJson(),
        random(6, 8).reshape('c', 6, 2, 4),
        random(6, 12).reshape('c', 6, 3, 4),
        null);
  }

  @Test
  void thePixelsOfAWeightedImageAllHaveItsWeight() {
    requireSame(
        base()
            .list()
            .layer(new ConvolutionLayer.Builder(1, 1).nIn(2).nOut(3).build())
            .layer(new CnnLossLayer.Builder(LossFunction.MSE).activation(Activation.TANH).build())
            .setInputType(InputType.convolutional(2, 3, 2))
            .build()
            .toJson(),
        random(6, 12).reshape('c', 6, 2, 2, 3),
        random(6, 18).reshape('c', 6, 3, 2, 3),
        null);
    requireSame(
        base()
            .list()
            .layer(new Convolution3D.Builder(1, 1, 1).nIn(2).nOut(3).build())
            .layer(
                new Cnn3DLossLayer.Builder(Convolution3D.DataFormat.NCDHW)
                    .lossFunction(LossFunction.MSE)
                    .activation(Activation.TANH)
                    .build())
            .setInputType(InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 1, 2, 3, 2))
            .build()
            .toJson(),
        random(6, 12).reshape('c', 6, 2, 1, 2, 3),
        random(6, 18).reshape('c', 6, 3, 1, 2, 3),
        null);
  }

  @Test
  void theWeightCountsInEveryOutputOfAGraph() {
    String json =
        base()
            .graphBuilder()
            .addInputs("x")
            .addLayer("d", new DenseLayer.Builder().nIn(4).nOut(5).build(), "x")
            .addLayer(
                "class",
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(5)
                    .nOut(3)
                    .activation(Activation.SOFTMAX)
                    .build(),
                "d")
            .addLayer(
                "value",
                new OutputLayer.Builder(LossFunction.MSE)
                    .nIn(5)
                    .nOut(1)
                    .activation(Activation.IDENTITY)
                    .build(),
                "d")
            .setOutputs("class", "value")
            .build()
            .toJson();
    requireSame(
        json,
        new MultiDataSet(
            new INDArray[] {random(6, 4)},
            new INDArray[] {labels(Labels.ONE_HOT, 6, 3), random(6, 1)}));
  }

  private static NeuralNetConfiguration.Builder base() {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .dataType(DataType.DOUBLE)
        .updater(new Sgd(0.1))
        .activation(Activation.TANH);
  }

  private static String dense(Layer output) {
    return dense(output, 5);
  }

  private static String dense(Layer output, int width) {
    return base()
        .list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(width).build())
        .layer(output)
        .build()
        .toJson();
  }

  private static INDArray random(int rows, int columns) {
    return Nd4j.rand(DataType.DOUBLE, rows, columns).subi(0.5);
  }

  private static INDArray labels(Labels labels, int rows, int columns) {
    INDArray random = Nd4j.rand(DataType.DOUBLE, rows, columns);
    return switch (labels) {
      case ANY -> random.subi(0.5);
      case POSITIVE -> random.addi(0.2);
      case ZERO_OR_ONE -> random.gt(0.5).castTo(DataType.DOUBLE);
      case SIGN -> random.gt(0.5).castTo(DataType.DOUBLE).muli(2).subi(1);
      case INDEX -> {
        INDArray index = Nd4j.create(DataType.DOUBLE, rows, 1);
        for (int i = 0; i < rows; i++) {
          index.putScalar(i, 0, i % columns);
        }
        yield index;
      }
      case ONE_HOT -> {
        INDArray hot = Nd4j.create(DataType.DOUBLE, rows, columns);
        for (int i = 0; i < rows; i++) {
          hot.putScalar(i, i % columns, 1);
        }
        yield hot;
      }
    };
  }

  private static void requireSame(String json, INDArray input, INDArray labels, INDArray mask) {
    requireSame(
        json,
        new MultiDataSet(
            new INDArray[] {input},
            new INDArray[] {labels},
            mask == null ? null : new INDArray[] {mask},
            mask == null ? null : new INDArray[] {mask}));
  }

  /** All examples at once, and one at a time. */
  private static void requireSame(String json, MultiDataSet examples) {
    INDArray[] one = new INDArray[1];
    double[] loss = new double[1];
    plain(json, examples, one, loss);
    for (int size : new int[] {6, 1}) {
      Dl4jNetwork network = ModelConfiguration.parse("test", json).network(null, null);
      INDArray gradient = null;
      double sum = 0;
      double validation = 0;
      for (int first = 0; first < WEIGHTS.length; first += size) {
        MultiDataSet part = rows(examples, first, size);
        List<Serializable> weights = new ArrayList<>();
        for (int i = first; i < first + size; i++) {
          weights.add(WEIGHTS[i]);
        }
        part.setExampleMetaData(weights);
        sum += network.backpropagate(part);
        gradient = gradient == null ? network.gradient().dup() : gradient.addi(network.gradient());
        validation += network.loss(part);
      }
      assertThat(gradient.sub(one[0]).amaxNumber().doubleValue())
          .as("gradient, %d at a time", size)
          .isLessThan(1e-10);
      assertThat(sum).as("loss, %d at a time", size).isCloseTo(loss[0], offset(1e-10));
      assertThat(validation).as("loss at inference").isCloseTo(loss[0], offset(1e-10));
      assertThat(json(network)).as("what would be saved").doesNotContain("WeightedLoss");
    }
  }

  private static String json(Dl4jNetwork network) {
    return network.model() instanceof MultiLayerNetwork net
        ? net.getLayerWiseConfigurations().toJson()
        : ((ComputationGraph) network.model()).getConfiguration().toJson();
  }

  /** Plain DL4J on examples as often as their weight says. */
  private static void plain(
      String json, MultiDataSet examples, INDArray[] gradient, double[] loss) {
    List<Integer> repeated = new ArrayList<>();
    for (int i = 0; i < WEIGHTS.length; i++) {
      for (int times = 0; times < WEIGHTS[i]; times++) {
        repeated.add(i);
      }
    }
    int[] rows = repeated.stream().mapToInt(Integer::intValue).toArray();
    MultiDataSet batch = picked(examples, rows);
    Dl4jNetwork initial = ModelConfiguration.parse("plain", json).network(null, null);
    if (initial.model() instanceof MultiLayerNetwork ours) {
      MultiLayerNetwork net = new MultiLayerNetwork(ours.getLayerWiseConfigurations().clone());
      net.init(ours.params(), true);
      net.setInput(batch.getFeatures(0));
      net.setLabels(batch.getLabels(0));
      net.setLayerMaskArrays(batch.getFeaturesMaskArray(0), batch.getLabelsMaskArray(0));
      net.computeGradientAndScore();
      gradient[0] = net.getFlattenedGradients().reshape(net.numParams()).dup();
      net.clearLayerMaskArrays();
      // Not the score of the pass: a LossLayer's backward pass overwrites what it computes that
      // from.
      DataSet pair =
          new DataSet(
              batch.getFeatures(0),
              batch.getLabels(0),
              batch.getFeaturesMaskArray(0),
              batch.getLabelsMaskArray(0));
      loss[0] = net.score(pair, false) * rows.length;
    } else {
      ComputationGraph ours = (ComputationGraph) initial.model();
      ComputationGraph net = new ComputationGraph(ours.getConfiguration().clone());
      net.init(ours.params(), true);
      net.setInputs(batch.getFeatures());
      net.setLabels(batch.getLabels());
      net.computeGradientAndScore();
      loss[0] = net.score() * rows.length;
      gradient[0] = net.getFlattenedGradients().reshape(net.numParams()).dup();
    }
  }

  private static MultiDataSet rows(MultiDataSet all, int first, int count) {
    int[] rows = new int[count];
    Arrays.setAll(rows, i -> first + i);
    return picked(all, rows);
  }

  private static MultiDataSet picked(MultiDataSet all, int[] rows) {
    return new MultiDataSet(
        picked(all.getFeatures(), rows),
        picked(all.getLabels(), rows),
        picked(all.getFeaturesMaskArrays(), rows),
        picked(all.getLabelsMaskArrays(), rows));
  }

  private static INDArray[] picked(INDArray[] arrays, int[] rows) {
    return arrays == null
        ? null
        : Arrays.stream(arrays)
            .map(
                array ->
                    Nd4j.concat(
                        0,
                        Arrays.stream(rows)
                            .mapToObj(
                                row -> array.slice(row).dup('c').reshape('c', one(array.shape())))
                            .toArray(INDArray[]::new)))
            .toArray(INDArray[]::new);
  }

  private static long[] one(long[] shape) {
    long[] one = shape.clone();
    one[0] = 1;
    return one;
  }
}
