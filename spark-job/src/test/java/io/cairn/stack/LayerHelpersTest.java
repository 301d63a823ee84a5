/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.layers.LayerHelper;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Deeplearning4j's oneDNN helpers are used, and compute the same gradients as its built-in code.
 *
 * <p>They are off unless a property says otherwise, and silently off when a class is not found
 * under its old name: {@link org.nd4j.nativeblas.Nd4jCpu}. The built-in gradients come from the
 * same model with the property the other way round.
 */
class LayerHelpersTest {

  private static final String DISABLE = "org.eclipse.deeplearning4j.helpers.disable";
  private static final int EXAMPLES = 5;

  private final String disableBefore = System.getProperty(DISABLE);

  @AfterEach
  void restoreProperty() {
    if (disableBefore == null) {
      System.clearProperty(DISABLE);
    } else {
      System.setProperty(DISABLE, disableBefore);
    }
  }

  @Test
  void buildRunsTestsWithHelpersAllowed() {
    assertThat(disableBefore).isEqualTo("false");
  }

  @Test
  void convolutionPoolingAndNormalizationGetOneDnnHelpers() {
    assertThat(helpersOf(network("false", DataType.FLOAT)))
        .containsExactly(
            "MKLDNNConvHelper", "MKLDNNBatchNormHelper", "MKLDNNSubsamplingHelper", "none");
  }

  @Test
  void propertyAloneTurnsHelpersOff() {
    assertThat(helpersOf(network("true", DataType.FLOAT))).containsOnly("none");
  }

  @Test
  void helperAndBuiltInGradientsAgreeInFloat64() {
    assertGradientsAgree(DataType.DOUBLE, 1e-10);
  }

  @Test
  void helperAndBuiltInGradientsAgreeInFloat32() {
    assertGradientsAgree(DataType.FLOAT, 1e-4);
  }

  private static void assertGradientsAgree(DataType type, double tolerance) {
    MultiLayerNetwork builtIn = network("true", type);
    MultiLayerNetwork helped = network("false", type);
    helped.setParams(builtIn.params());
    INDArray features = Nd4j.rand(type, EXAMPLES, 2, 10, 10);
    INDArray labels = Nd4j.zeros(type, EXAMPLES, 3);
    for (int i = 0; i < EXAMPLES; i++) {
      labels.putScalar(i, i % 3, 1.0);
    }

    INDArray expected = gradient(builtIn, features, labels);
    INDArray actual = gradient(helped, features, labels);

    double largest = expected.norm2Number().doubleValue();
    assertThat(largest).isGreaterThan(0.01);
    assertThat(expected.distance2(actual) / largest).isCloseTo(0.0, within(tolerance));
    assertThat(helped.score()).isCloseTo(builtIn.score(), within(tolerance));
  }

  private static INDArray gradient(MultiLayerNetwork network, INDArray features, INDArray labels) {
    network.setInput(features);
    network.setLabels(labels);
    network.computeGradientAndScore();
    return network.gradient().gradient().reshape(-1).dup();
  }

  private static List<String> helpersOf(MultiLayerNetwork network) {
    return List.of(network.getLayers()).stream()
        .map(
            layer -> {
              LayerHelper helper = layer.getHelper();
              return helper == null ? "none" : helper.getClass().getSimpleName();
            })
        .toList();
  }

  private static MultiLayerNetwork network(String disableHelpers, DataType type) {
    System.setProperty(DISABLE, disableHelpers);
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(11)
                .dataType(type)
                .list()
                .layer(
                    new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.RELU).build())
                .layer(new BatchNormalization())
                .layer(new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(10, 10, 2))
                .build());
    network.init();
    return network;
  }
}
