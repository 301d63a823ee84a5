/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The models in {@code conf/models}, and the program that writes them there. After a change here,
 * or with another version of Deeplearning4j, run {@link #main} with the folder as its argument.
 */
final class ShippedModels {

  private ShippedModels() {}

  /** Writes all models into the folder that is the only argument. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    for (Map.Entry<String, MultiLayerConfiguration> model : byFileName().entrySet()) {
      Files.writeString(folder.resolve(model.getKey()), json(model.getValue()));
    }
  }

  /** Every shipped model by the name of its file. */
  static Map<String, MultiLayerConfiguration> byFileName() {
    Map<String, MultiLayerConfiguration> models = new TreeMap<>();
    models.put("digits-mlp.json", perceptron(2e-3, 64, 128, 64, 10));
    models.put("iris-mlp.json", perceptron(1e-2, 4, 16, 3));
    models.put("fashion-mlp.json", perceptron(1e-3, 784, 512, 256, 10));
    models.put("fashion-lenet.json", lenet());
    return models;
  }

  /** The text of the file. */
  static String json(MultiLayerConfiguration model) {
    return model.toJson().stripTrailing() + "\n";
  }

  /** A multilayer perceptron for classes: these widths, rectified, Adam with this learning rate. */
  private static MultiLayerConfiguration perceptron(double learningRate, int... widths) {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .weightInit(WeightInit.RELU)
            .activation(Activation.RELU)
            .updater(new Adam(learningRate))
            .list();
    int last = widths.length - 1;
    for (int i = 1; i < last; i++) {
      layers.layer(new DenseLayer.Builder().nIn(widths[i - 1]).nOut(widths[i]).build());
    }
    layers.layer(
        new OutputLayer.Builder(LossFunction.MCXENT)
            .activation(Activation.SOFTMAX)
            .weightInit(WeightInit.XAVIER)
            .nIn(widths[last - 1])
            .nOut(widths[last])
            .build());
    return layers.build();
  }

  /** The classic convolutional network for images of 28 x 28, given as 784 values. */
  private static MultiLayerConfiguration lenet() {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .weightInit(WeightInit.RELU)
        .activation(Activation.RELU)
        .updater(new Adam(1e-3))
        .list()
        .layer(new ConvolutionLayer.Builder(5, 5).stride(1, 1).nIn(1).nOut(20).build())
        .layer(pooling())
        .layer(new ConvolutionLayer.Builder(5, 5).stride(1, 1).nOut(50).build())
        .layer(pooling())
        .layer(new DenseLayer.Builder().nOut(500).build())
        .layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .weightInit(WeightInit.XAVIER)
                .nOut(10)
                .build())
        .setInputType(InputType.convolutionalFlat(28, 28, 1))
        .build();
  }

  private static SubsamplingLayer pooling() {
    return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
        .kernelSize(2, 2)
        .stride(2, 2)
        .build();
  }
}
