/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.replica.DescribedLayers.End;
import io.cairn.replica.DescribedLayers.Row;
import io.cairn.replica.layers.DataShape;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Every layer of Deeplearning4j can be described in settings, and the configuration is what
 * Deeplearning4j's own builder makes, byte for byte.
 */
class DescribedLayersTest {

  /** Deeplearning4j cannot write it to JSON itself: what it computes is in no property of it. */
  private static final Set<String> WITHOUT_JSON = Set.of("TFOpLayer");

  static List<Row> rows() {
    return DescribedLayers.rows();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theConfigurationIsThatOfTheBuilder(Row row) {
    String tail =
        switch (row.end()) {
          case NOTHING -> "";
          case OUTPUT -> ", output";
          case POOL -> ", { global-pool = avg }, output";
          case STEPS -> ", rnn-output";
        };
    DataShape.Output labels =
        row.end() == End.STEPS ? Descriptions.classesOfSteps(2) : row.labels();
    assertThat(
            Descriptions.json(
                "layers = [" + row.described() + tail + "]",
                Descriptions.data(row.input(), labels)))
        .isEqualTo(built(row));
  }

  @Test
  void everyLayerOfTheClassPathIsDescribed() {
    Set<String> described =
        rows().stream().map(row -> row.type().getSimpleName()).collect(Collectors.toSet());
    described.addAll(WITHOUT_JSON);
    Set<String> onClassPath =
        LayersOfClassPath.concrete(Layer.class).stream()
            .filter(type -> !type.isAnonymousClass())
            .map(Class::getSimpleName)
            .collect(Collectors.toSet());
    assertThat(described).isEqualTo(onClassPath);
  }

  private static String built(Row row) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(Descriptions.SEED)
            .updater(new Adam())
            .list()
            .layer(row.built().get());
    if (row.end() == End.POOL) {
      list.layer(new GlobalPoolingLayer.Builder().poolingType(PoolingType.AVG).build());
    }
    if (row.end() == End.OUTPUT || row.end() == End.POOL) {
      list.layer(
          new OutputLayer.Builder(LossFunction.MCXENT)
              .activation(Activation.SOFTMAX)
              .nOut(2)
              .build());
    }
    if (row.end() == End.STEPS) {
      list.layer(
          new RnnOutputLayer.Builder(LossFunction.MCXENT)
              .activation(Activation.SOFTMAX)
              .nOut(2)
              .build());
    }
    return list.setInputType(type(row.input())).build().toJson();
  }

  private static InputType type(DataShape.Input input) {
    if (input instanceof DataShape.Input.Flat flat) {
      return InputType.feedForward(flat.values());
    }
    if (input instanceof DataShape.Input.Sequence sequence) {
      return InputType.recurrent(sequence.values(), sequence.steps(), RNNFormat.NCW);
    }
    List<Integer> shape = ((DataShape.Input.Shaped) input).shape();
    return shape.size() == 3
        ? InputType.convolutional(shape.get(1), shape.get(2), shape.get(0), CNN2DFormat.NCHW)
        : InputType.convolutional3D(
            Convolution3D.DataFormat.NCDHW, shape.get(1), shape.get(2), shape.get(3), shape.get(0));
  }
}
