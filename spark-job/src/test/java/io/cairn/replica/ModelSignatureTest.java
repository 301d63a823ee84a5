/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.replica.ModelSignature.Labels;
import io.cairn.replica.ModelSignature.Measure;
import io.cairn.replica.ModelSignature.Output;
import io.cairn.replica.ModelSignature.Steps;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What a model wants is read from the model. */
class ModelSignatureTest {

  private static ModelSignature signature(String json) {
    return ModelConfiguration.parse("test", json).network(null, null).signature();
  }

  private static ModelSignature sequential(Layer... layers) {
    var list = new NeuralNetConfiguration.Builder().list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    return signature(list.build().toJson());
  }

  private static Output output(LossFunction loss, Activation activation, int units) {
    return sequential(
            new OutputLayer.Builder(loss).nIn(3).nOut(units).activation(activation).build())
        .outputs()
        .get(0);
  }

  private static LSTM lstm(int in, RNNFormat format) {
    return new LSTM.Builder().nIn(in).nOut(3).dataFormat(format).build();
  }

  private static OutputLayer classes() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nIn(3)
        .nOut(2)
        .activation(Activation.SOFTMAX)
        .build();
  }

  @Test
  void theLossSaysWhatLabelsAre() {
    assertThat(output(LossFunction.MCXENT, Activation.SOFTMAX, 4))
        .extracting(Output::labels, Output::measure, Output::units)
        .containsExactly(Labels.ONE_HOT, Measure.CLASSES, 4L);
    assertThat(output(LossFunction.SPARSE_MCXENT, Activation.SOFTMAX, 4))
        .extracting(Output::labels, Output::measure)
        .containsExactly(Labels.CLASS_INDEX, Measure.CLASSES);
    assertThat(output(LossFunction.XENT, Activation.SIGMOID, 1))
        .extracting(Output::labels, Output::measure)
        .containsExactly(Labels.BINARY, Measure.PROBABILITIES);
    assertThat(output(LossFunction.XENT, Activation.SIGMOID, 3).measure())
        .isEqualTo(Measure.PROBABILITIES);
    assertThat(output(LossFunction.MSE, Activation.IDENTITY, 1))
        .extracting(Output::labels, Output::measure)
        .containsExactly(Labels.VALUES, Measure.VALUES);
    assertThat(output(LossFunction.HINGE, Activation.TANH, 2).labels()).isEqualTo(Labels.VALUES);
  }

  @Test
  void aLossBehindItsActivationIsTheSameOutput() {
    Output output =
        sequential(
                new DenseLayer.Builder().nIn(3).nOut(1).activation(Activation.SIGMOID).build(),
                new LossLayer.Builder(LossFunction.XENT).activation(Activation.IDENTITY).build())
            .outputs()
            .get(0);
    assertThat(output)
        .extracting(Output::labels, Output::measure, Output::units)
        .containsExactly(Labels.BINARY, Measure.PROBABILITIES, 1L);
  }

  @Test
  void theFirstLayerThatTellsStepsFromChannelsSaysWhereStepsStand() {
    assertThat(
            sequential(lstm(2, RNNFormat.NCW), new LastTimeStep(lstm(3, RNNFormat.NCW)), classes())
                .inputs()
                .get(0)
                .steps())
        .isInstanceOf(Steps.Last.class);
    assertThat(
            sequential(new LastTimeStep(lstm(2, RNNFormat.NWC)), classes()).inputs().get(0).steps())
        .isInstanceOf(Steps.First.class);
    assertThat(
            sequential(
                new DropoutLayer(0.5),
                new ActivationLayer(Activation.TANH),
                new Bidirectional(Bidirectional.Mode.ADD, lstm(2, RNNFormat.NWC)),
                new RnnOutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(3)
                    .nOut(2)
                    .dataFormat(RNNFormat.NWC)
                    .activation(Activation.SOFTMAX)
                    .build()))
        .satisfies(
            model -> {
              assertThat(model.inputs().get(0).steps()).isInstanceOf(Steps.First.class);
              assertThat(model.outputs().get(0).steps()).isInstanceOf(Steps.First.class);
            });
    assertThat(sequential(classes()).inputs().get(0).steps())
        .isInstanceOfSatisfying(
            Steps.Undecided.class, steps -> assertThat(steps.why()).contains("OutputLayer"));
  }

  @Test
  void twoLayersThatWantStepsInTwoPlacesAreNamed() {
    String json =
        new NeuralNetConfiguration.Builder()
            .graphBuilder()
            .addInputs("x")
            .addLayer("a", new LastTimeStep(lstm(2, RNNFormat.NWC)), "x")
            .addLayer(
                "c",
                new Convolution1DLayer.Builder(1)
                    .nIn(2)
                    .nOut(3)
                    .rnnDataFormat(RNNFormat.NCW)
                    .build(),
                "x")
            .addLayer("b", new LastTimeStep(lstm(3, RNNFormat.NCW)), "c")
            .addVertex("both", new MergeVertex(), "a", "b")
            .addLayer(
                "y",
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(6)
                    .nOut(2)
                    .activation(Activation.SOFTMAX)
                    .build(),
                "both")
            .setOutputs("y")
            .build()
            .toJson();
    assertThat(signature(json).inputs().get(0).steps())
        .isInstanceOfSatisfying(
            Steps.Undecided.class,
            steps -> assertThat(steps.why()).contains("NWC by a").contains("NCW by c"));
  }
}
