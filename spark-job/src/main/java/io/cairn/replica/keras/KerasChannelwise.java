/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/**
 * Multiplies each channel by a factor and perhaps adds a term. DL4J has no such layer, so it is
 * built from a depthwise convolution of one pixel.
 */
final class KerasChannelwise {

  private KerasChannelwise() {}

  /** Whether a term is added to each channel. */
  enum Term {
    /** Only the factor {@code W}. */
    NONE,
    /** A term {@code b} too. */
    BIAS
  }

  /**
   * Adds such a layer, with parameters {@code W} of shape [1, 1, channels, 1] and {@code b}.
   *
   * @param format where an image has its channels; any other tensor has them last
   */
  static KerasTensor add(
      KerasLayer layer,
      String name,
      KerasTensor given,
      KerasNet net,
      CNN2DFormat format,
      Term term) {
    KerasTensor input = net.in(given, KerasTensor.Form.SAME);
    boolean image = input.rank() == 3;
    int channels = image && format == CNN2DFormat.NCHW ? input.shape()[0] : input.features();
    DepthwiseConvolution2D made =
        new DepthwiseConvolution2D.Builder(1, 1)
            .convolutionMode(ConvolutionMode.Truncate)
            .nIn(channels)
            .nOut(channels)
            .depthMultiplier(1)
            .hasBias(term == Term.BIAS)
            .activation(new ActivationIdentity())
            .dataFormat(image ? format : CNN2DFormat.NHWC)
            .build();
    if (image) {
      return net.layer(name, made, input, KerasTensor.Form.SAME);
    }
    int size = input.size();
    if (size < 0) {
      throw layer.config().refused("the size of its input is open: " + input);
    }
    KerasTensor pixels =
        KerasShapes.reshaped(
            net.freeName(name + "-pixels"), input, net, size / channels, 1, channels);
    return KerasShapes.reshaped(
        net.freeName(name + "-shape"),
        net.layer(name, made, pixels, KerasTensor.Form.SAME),
        net,
        input.shape());
  }

  /** The sum of two tensors of one shape. */
  static KerasTensor sum(String name, KerasTensor one, KerasTensor other, KerasNet net) {
    return net.vertex(
            name,
            new org.deeplearning4j.nn.conf.graph.ElementWiseVertex(
                org.deeplearning4j.nn.conf.graph.ElementWiseVertex.Op.Add),
            List.of(net.in(one, KerasTensor.Form.SAME), net.in(other, KerasTensor.Form.SAME)))
        .in(KerasTensor.Form.SAME);
  }
}
