/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Condition;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** What a pass leaves out changes no bit of the gradient that Deeplearning4j computes by itself. */
class FrugalPassTest {

  private static final int SIDE = 12;

  static Stream<Arguments> networks() {
    return Stream.of(DataType.FLOAT, DataType.DOUBLE)
        .flatMap(
            type ->
                Stream.of(
                    Arguments.of("dense", type, dense(base(type))),
                    Arguments.of("dropout", type, dense(base(type).dropOut(0.7))),
                    Arguments.of(
                        "weight noise", type, dense(base(type).weightNoise(new DropConnect(0.8)))),
                    Arguments.of("layer norm", type, layerNorm(base(type))),
                    Arguments.of("images", type, images(base(type))),
                    Arguments.of("graph", type, graph(base(type)))));
  }

  private static NeuralNetConfiguration.Builder base(DataType type) {
    return new NeuralNetConfiguration.Builder().seed(5).dataType(type).activation(Activation.RELU);
  }

  private static String dense(NeuralNetConfiguration.Builder base) {
    return base.list()
        .layer(new DenseLayer.Builder().nOut(9).build())
        .layer(new DenseLayer.Builder().nOut(8).hasBias(false).activation(Activation.TANH).build())
        .layer(new DenseLayer.Builder().nOut(7).activation(Activation.SELU).build())
        .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.feedForward(SIDE * SIDE))
        .build()
        .toJson();
  }

  private static String layerNorm(NeuralNetConfiguration.Builder base) {
    return base.list()
        .layer(new DenseLayer.Builder().nOut(9).hasLayerNorm(true).build())
        .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.feedForward(SIDE * SIDE))
        .build()
        .toJson();
  }

  private static String images(NeuralNetConfiguration.Builder base) {
    return base.list()
        .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).build())
        .layer(new SubsamplingLayer.Builder(2, 2).stride(2, 2).build())
        .layer(new ConvolutionLayer.Builder(3, 3).nOut(5).dilation(2, 2).build())
        .layer(new ConvolutionLayer.Builder(1, 1).nOut(6).activation(Activation.TANH).build())
        .layer(new DenseLayer.Builder().nOut(7).build())
        .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.convolutionalFlat(SIDE, SIDE, 1))
        .build()
        .toJson();
  }

  private static String graph(NeuralNetConfiguration.Builder base) {
    return base.graphBuilder()
        .addInputs("x")
        .addLayer("a", new DenseLayer.Builder().nIn(SIDE * SIDE).nOut(9).build(), "x")
        .addLayer("b", new DenseLayer.Builder().nIn(9).nOut(9).build(), "a")
        .addLayer(
            "out",
            new OutputLayer.Builder().nIn(9).nOut(3).activation(Activation.SOFTMAX).build(),
            "b")
        .setOutputs("out")
        .build()
        .toJson();
  }

  private static int frugalLayers(String name) {
    return switch (name) {
      case "layer norm" -> 0;
      case "images" -> 1;
      case "graph" -> 2;
      default -> 3;
    };
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("networks")
  void gradientsAreTheBitsOfDeeplearning4jsOwn(String name, DataType type, String json) {
    Replica replica = Configurations.replica(json);
    assertThat(((Dl4jNetwork) replica.network()).layers())
        .as("what computes less")
        .haveExactly(
            frugalLayers(name), new Condition<>(FrugalDense.class::isInstance, "a frugal layer"));
    INDArray parameters = replica.network().parameters();
    boolean isGraph = name.equals("graph");
    MultiLayerNetwork plain =
        isGraph ? null : new MultiLayerNetwork(MultiLayerConfiguration.fromJson(json));
    ComputationGraph plainGraph =
        isGraph ? new ComputationGraph(ComputationGraphConfiguration.fromJson(json)) : null;
    if (isGraph) {
      plainGraph.init(parameters, true);
    } else {
      plain.init(parameters, true);
    }
    for (int examples : List.of(5, 3, 8, 8)) {
      MultiDataSet batch = batch(type, examples);
      replica.clear();
      replica.accumulate(batch, 11);
      INDArray ours = replica.network().gradient().dup();
      // An output in between must not be taken for what a pass kept.
      replica.network().output(batch(type, examples));
      Nd4j.getRandom().setSeed(11);
      assertThat(ours)
          .as("gradient of %d examples", examples)
          .isEqualTo(isGraph ? gradient(plainGraph, batch) : gradient(plain, batch));
    }
  }

  private static INDArray gradient(MultiLayerNetwork net, MultiDataSet batch) {
    net.initGradientsView();
    net.setInput(batch.getFeatures(0));
    net.setLabels(batch.getLabels(0));
    net.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
    return net.getFlattenedGradients().reshape(net.getFlattenedGradients().length());
  }

  private static INDArray gradient(ComputationGraph net, MultiDataSet batch) {
    net.initGradientsView();
    net.setInputs(batch.getFeatures());
    net.setLabels(batch.getLabels());
    net.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
    return net.getFlattenedGradients().reshape(net.getFlattenedGradients().length());
  }

  private static MultiDataSet batch(DataType type, int examples) {
    Nd4j.getRandom().setSeed(examples);
    INDArray labels = Nd4j.zeros(type, examples, 3);
    for (int i = 0; i < examples; i++) {
      labels.putScalar(i, i % 3, 1);
    }
    return new MultiDataSet(Nd4j.randn(type, examples, SIDE * SIDE), labels);
  }
}
