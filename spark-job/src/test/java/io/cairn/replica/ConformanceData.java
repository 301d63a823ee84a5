/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The forms of data that layers take, each small, with the layers that data of this form usually
 * comes from and goes to.
 */
enum ConformanceData {
  FLAT(5),
  IMAGE_NCHW(3, 6, 4),
  IMAGE_NHWC(6, 4, 3),
  SEQUENCE_NCW(4, 5),
  SEQUENCE_NWC(5, 4),
  VOLUME_NCDHW(2, 4, 4, 3),
  VOLUME_NDHWC(4, 4, 3, 2),
  /** Five indices, below {@link #TOKEN_KINDS}. */
  TOKENS(5),
  /** One index. */
  TOKEN(1);

  static final int EXAMPLES = 6;
  static final int TOKEN_KINDS = 7;

  private final int[] shape;

  ConformanceData(int... shape) {
    this.shape = shape;
  }

  boolean channelsLast() {
    return this == IMAGE_NHWC || this == SEQUENCE_NWC || this == VOLUME_NDHWC;
  }

  boolean isSequence() {
    return this == SEQUENCE_NCW || this == SEQUENCE_NWC;
  }

  boolean isVolume() {
    return this == VOLUME_NCDHW || this == VOLUME_NDHWC;
  }

  boolean isTokens() {
    return this == TOKENS || this == TOKEN;
  }

  CNN2DFormat image() {
    return channelsLast() ? CNN2DFormat.NHWC : CNN2DFormat.NCHW;
  }

  RNNFormat sequence() {
    return channelsLast() ? RNNFormat.NWC : RNNFormat.NCW;
  }

  Convolution3D.DataFormat volume() {
    return channelsLast() ? Convolution3D.DataFormat.NDHWC : Convolution3D.DataFormat.NCDHW;
  }

  InputType type() {
    return switch (this) {
      case FLAT -> InputType.feedForward(shape[0]);
      case IMAGE_NCHW -> InputType.convolutional(shape[1], shape[2], shape[0], CNN2DFormat.NCHW);
      case IMAGE_NHWC -> InputType.convolutional(shape[0], shape[1], shape[2], CNN2DFormat.NHWC);
      case SEQUENCE_NCW -> InputType.recurrent(shape[0], shape[1], RNNFormat.NCW);
      case SEQUENCE_NWC -> InputType.recurrent(shape[1], shape[0], RNNFormat.NWC);
      case VOLUME_NCDHW ->
          InputType.convolutional3D(volume(), shape[1], shape[2], shape[3], shape[0]);
      case VOLUME_NDHWC ->
          InputType.convolutional3D(volume(), shape[0], shape[1], shape[2], shape[3]);
      case TOKENS -> InputType.recurrent(1, shape[0], RNNFormat.NCW);
      case TOKEN -> InputType.feedForward(1);
    };
  }

  /** Random examples in float64 whose values float32 can hold. */
  INDArray features() {
    long[] all = new long[shape.length + 1];
    all[0] = EXAMPLES;
    for (int i = 0; i < shape.length; i++) {
      all[i + 1] = shape[i];
    }
    if (this == TOKENS || this == TOKEN) {
      INDArray indices = Nd4j.rand(DataType.DOUBLE, all).muli(TOKEN_KINDS);
      return indices.castTo(DataType.INT32).castTo(DataType.DOUBLE);
    }
    return Nd4j.randn(DataType.DOUBLE, all).castTo(DataType.FLOAT).castTo(DataType.DOUBLE);
  }

  /** For sequences: 1 where a step counts; every other example is shorter. */
  INDArray mask() {
    int steps = channelsLast() ? shape[0] : shape[1];
    INDArray mask = Nd4j.ones(DataType.DOUBLE, EXAMPLES, steps);
    for (int i = 1; i < EXAMPLES; i += 2) {
      for (int step = steps - 1 - i / 2; step < steps; step++) {
        mask.putScalar(i, step, 0);
      }
    }
    return mask;
  }

  /** Layers of which the layer that is tried gets its input; they keep the form. */
  List<Layer> before(Place place) {
    List<Layer> layers = new ArrayList<>();
    if (place == Place.FIRST) {
      return layers;
    }
    boolean second = place == Place.BEHIND_NORMALIZED_CONVOLUTION;
    switch (this) {
      case FLAT -> layers.add(new DenseLayer.Builder().nOut(5).activation(Activation.TANH).build());
      case IMAGE_NCHW, IMAGE_NHWC -> layers.add(second ? convolution() : separable());
      case SEQUENCE_NCW, SEQUENCE_NWC -> layers.add(second ? convolution1D() : lstm());
      case VOLUME_NCDHW, VOLUME_NDHWC ->
          layers.add(
              new Convolution3D.Builder(2, 2, 2)
                  .convolutionMode(ConvolutionMode.Same)
                  .dataFormat(volume())
                  .nOut(2)
                  .activation(Activation.TANH)
                  .build());
      case TOKENS, TOKEN -> {}
    }
    if (second && (this == FLAT || this == IMAGE_NCHW || this == IMAGE_NHWC)) {
      layers.add(new BatchNormalization.Builder().dataFormat(image()).build());
    }
    if (second && this == SEQUENCE_NWC) {
      layers.add(new BatchNormalization.Builder().dataFormat(CNN2DFormat.NHWC).build());
    }
    return layers;
  }

  private Layer separable() {
    return new SeparableConvolution2D.Builder(3, 3)
        .convolutionMode(ConvolutionMode.Same)
        .dataFormat(image())
        .nOut(3)
        .activation(Activation.TANH)
        .build();
  }

  private Layer convolution() {
    return new ConvolutionLayer.Builder(3, 3)
        .convolutionMode(ConvolutionMode.Same)
        .dataFormat(image())
        .nOut(3)
        .activation(Activation.RELU)
        .build();
  }

  private Layer convolution1D() {
    return new Convolution1DLayer.Builder(3)
        .convolutionMode(ConvolutionMode.Same)
        .rnnDataFormat(sequence())
        .nOut(4)
        .activation(Activation.RELU)
        .build();
  }

  private Layer lstm() {
    return new LSTM.Builder().nOut(4).dataFormat(sequence()).build();
  }

  /** An output layer behind the one that is tried; {@code inputs} is 0 to go by the type. */
  static Layer head(InputType type, int inputs) {
    if (type instanceof InputType.InputTypeRecurrent sequence) {
      return new RnnOutputLayer.Builder(LossFunction.MSE)
          .nIn(inputs)
          .nOut(3)
          .dataFormat(sequence.getFormat())
          .activation(Activation.TANH)
          .build();
    }
    return new OutputLayer.Builder(LossFunction.MSE)
        .nIn(inputs)
        .nOut(3)
        .activation(Activation.TANH)
        .build();
  }

  /** Where in a network the layer that is tried stands. */
  enum Place {
    FIRST,
    BEHIND_SEPARABLE_OR_LSTM,
    BEHIND_NORMALIZED_CONVOLUTION,
    /** Behind a separable convolution or an LSTM, and once more. */
    TWICE
  }
}
