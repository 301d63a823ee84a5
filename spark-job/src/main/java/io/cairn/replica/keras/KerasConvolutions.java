/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Convolutions. Images keep the order of axes that they have in Keras. Sequences have their steps
 * last.
 */
final class KerasConvolutions {

  private KerasConvolutions() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put("Conv1D", KerasConvolutions::conv1d);
    readers.put("Conv2D", KerasConvolutions::conv2d);
    readers.put("Conv3D", KerasConvolutions::conv3d);
    readers.put("Conv2DTranspose", KerasConvolutions::transposed);
    readers.put("DepthwiseConv2D", KerasConvolutions::depthwise);
    readers.put("SeparableConv2D", KerasConvolutions::separable);
  }

  /** What all of them have. */
  private record Common(
      KerasLayer layer,
      String name,
      KerasWindow window,
      int channels,
      boolean bias,
      IActivation activation,
      List<Regularization> biasPenalty) {

    static Common of(KerasLayer layer, KerasTensor input, KerasNet net, int axes) {
      KerasConfig config = layer.config();
      config.expect("activity_regularizer");
      config.expect("groups", 1);
      config.expect("quantization_config");
      config.expect("lora_rank");
      KerasInitializers.unused(config, "bias_initializer", "kernel_initializer");
      KerasWindow window = KerasWindow.of(config, "kernel_size", axes);
      IActivation activation = KerasActivations.activation(config, "activation", layer.major());
      if (activation instanceof ActivationSoftmax) {
        throw config.refused(
            "activation", "functions of each value by itself; make softmax a layer of its own");
      }
      return new Common(
          layer,
          net.freeName(layer.name()),
          window,
          window.channels(config, input),
          config.flag("use_bias", true),
          activation,
          KerasRegularizers.regularization(config, "bias_regularizer"));
    }

    KerasConfig config() {
      return layer.config();
    }

    CNN2DFormat format() {
      return window.channelsFirst() ? CNN2DFormat.NCHW : CNN2DFormat.NHWC;
    }

    void kernel(String variable, String parameter, UnaryOperator<INDArray> placed, long... shape) {
      layer.slot("", variable, KerasSlot.WeightKind.TRAINED, name, parameter, placed, shape);
    }

    void biasOf(int filters) {
      if (bias) {
        layer.weight("bias", name, "b", filters);
      }
    }

    <T extends ConvolutionLayer.BaseConvBuilder<T>> T on(T builder, int filters) {
      builder.kernelSize(window.size());
      builder.stride(window.strides());
      builder.dilation(window.dilation());
      builder.convolutionMode(window.mode());
      builder.nIn(channels);
      builder.nOut(filters);
      builder.hasBias(bias);
      builder.activation(activation);
      return builder;
    }

    /** The penalty of the kernels and of the bias; a constraint on the kernel if DL4J has it. */
    <T extends BaseLayer> T finished(T made, KerasConstraints.Axes axes, String... kernels) {
      String[] penalties = new String[kernels.length];
      List<LayerConstraint> constraints = new ArrayList<>();
      for (int i = 0; i < kernels.length; i++) {
        penalties[i] = kernels[i] + "_regularizer";
        KerasInitializers.unused(config(), kernels[i] + "_initializer");
        if (axes == null) {
          KerasRegularizers.refuse(config(), kernels[i] + "_constraint");
        } else {
          KerasConstraints.constraint(config(), kernels[i] + "_constraint", "W", axes)
              .ifPresent(constraints::add);
        }
      }
      KerasConstraints.constraint(config(), "bias_constraint", "b", KerasConstraints.Axes.VECTOR)
          .ifPresent(constraints::add);
      made.setRegularization(KerasRegularizers.same(config(), penalties));
      made.setRegularizationBias(biasPenalty);
      made.setConstraints(constraints.isEmpty() ? null : constraints);
      return made;
    }
  }

  private static KerasTensor conv1d(KerasLayer layer, KerasTensor input, KerasNet net) {
    Common common = Common.of(layer, input, net, 1);
    KerasWindow window = common.window();
    if (window.channelsFirst()) {
      throw layer.config().refused("data_format", "channels_last for sequences");
    }
    int filters = layer.config().integer("filters");
    common.kernel(
        "kernel",
        "W",
        // DL4J reads the same values in the same order as [k, in, out].
        kernel -> kernel.reshape('c', filters, common.channels(), window.size()[0], 1),
        window.size()[0],
        common.channels(),
        filters);
    common.biasOf(filters);
    Convolution1DLayer made =
        new Convolution1DLayer.Builder()
            .kernelSize(window.size()[0])
            .stride(window.strides()[0])
            .dilation(window.dilation()[0])
            .convolutionMode(window.mode())
            .nIn(common.channels())
            .nOut(filters)
            .hasBias(common.bias())
            .activation(common.activation())
            .rnnDataFormat(RNNFormat.NCW)
            .build();
    return net.layer(
            common.name(),
            common.finished(made, null, "kernel"),
            input,
            KerasTensor.Form.STEPS_LAST)
        .shaped(window.output(layer.config(), input, filters));
  }

  private static KerasTensor conv2d(KerasLayer layer, KerasTensor input, KerasNet net) {
    Common common = Common.of(layer, input, net, 2);
    int[] size = common.window().size();
    int filters = layer.config().integer("filters");
    common.kernel(
        "kernel",
        "W",
        kernel -> kernel.permute(3, 2, 0, 1),
        size[0],
        size[1],
        common.channels(),
        filters);
    common.biasOf(filters);
    ConvolutionLayer made =
        common.on(new ConvolutionLayer.Builder(), filters).dataFormat(common.format()).build();
    return net.layer(
            common.name(),
            common.finished(made, KerasConstraints.Axes.KERNEL_2D, "kernel"),
            input,
            KerasTensor.Form.SAME)
        .shaped(common.window().output(layer.config(), input, filters));
  }

  private static KerasTensor conv3d(KerasLayer layer, KerasTensor input, KerasNet net) {
    Common common = Common.of(layer, input, net, 3);
    int[] size = common.window().size();
    int filters = layer.config().integer("filters");
    common.kernel(
        "kernel",
        "W",
        kernel -> kernel.permute(4, 3, 0, 1, 2),
        size[0],
        size[1],
        size[2],
        common.channels(),
        filters);
    common.biasOf(filters);
    Convolution3D made =
        common
            .on(new Convolution3D.Builder(), filters)
            .dataFormat(
                common.window().channelsFirst()
                    ? Convolution3D.DataFormat.NCDHW
                    : Convolution3D.DataFormat.NDHWC)
            .build();
    return net.layer(
            common.name(), common.finished(made, null, "kernel"), input, KerasTensor.Form.SAME)
        .shaped(common.window().output(layer.config(), input, filters));
  }

  private static KerasTensor transposed(KerasLayer layer, KerasTensor input, KerasNet net) {
    Common common = Common.of(layer, input, net, 2);
    KerasWindow window = common.window();
    layer.config().expect("output_padding");
    for (int axis = 0; axis < 2; axis++) {
      if (window.dilation()[axis] != 1) {
        throw layer.config().refused("dilation_rate", "1");
      }
    }
    int[] size = window.size();
    for (int axis = 0; axis < 2; axis++) {
      if (window.mode() != ConvolutionMode.Same && size[axis] < window.strides()[axis]) {
        throw layer
            .config()
            .refused("strides", "those not larger than kernel_size, or padding = same");
      }
    }
    int filters = layer.config().integer("filters");
    common.kernel(
        "kernel",
        "W",
        kernel -> kernel.permute(3, 2, 0, 1),
        size[0],
        size[1],
        filters,
        common.channels());
    common.biasOf(filters);
    Deconvolution2D made =
        common.on(new Deconvolution2D.Builder(), filters).dataFormat(common.format()).build();
    int[] output = input.shape().clone();
    int first = window.channelsFirst() ? 1 : 0;
    for (int axis = 0; axis < 2; axis++) {
      int length = output[first + axis];
      int stride = window.strides()[axis];
      int valid = Math.max(size[axis] - stride, 0);
      output[first + axis] =
          length < 0 ? -1 : length * stride + (window.mode() == ConvolutionMode.Same ? 0 : valid);
    }
    output[window.channelsFirst() ? 0 : 2] = filters;
    return net.layer(
            common.name(), common.finished(made, null, "kernel"), input, KerasTensor.Form.SAME)
        .shaped(output);
  }

  private static KerasTensor depthwise(KerasLayer layer, KerasTensor input, KerasNet net) {
    Common common = Common.of(layer, input, net, 2);
    int[] size = common.window().size();
    int multiplier = layer.config().integer("depth_multiplier", 1);
    int filters = common.channels() * multiplier;
    // Keras 3 and its predecessors disagree on the name.
    String variable = layer.major() >= 3 ? "kernel" : "depthwise_kernel";
    common.kernel(
        variable, "W", UnaryOperator.identity(), size[0], size[1], common.channels(), multiplier);
    common.biasOf(filters);
    DepthwiseConvolution2D made =
        common
            .on(new DepthwiseConvolution2D.Builder(), filters)
            .depthMultiplier(multiplier)
            .dataFormat(common.format())
            .build();
    return net.layer(
            common.name(), common.finished(made, null, "depthwise"), input, KerasTensor.Form.SAME)
        .shaped(common.window().output(layer.config(), input, filters));
  }

  private static KerasTensor separable(KerasLayer layer, KerasTensor input, KerasNet net) {
    Common common = Common.of(layer, input, net, 2);
    int[] size = common.window().size();
    int multiplier = layer.config().integer("depth_multiplier", 1);
    int filters = layer.config().integer("filters");
    UnaryOperator<INDArray> placed = kernel -> kernel.permute(3, 2, 0, 1);
    common.kernel("depthwise_kernel", "W", placed, size[0], size[1], common.channels(), multiplier);
    common.kernel(
        "pointwise_kernel", "pW", placed, 1, 1, (long) common.channels() * multiplier, filters);
    common.biasOf(filters);
    SeparableConvolution2D made =
        common
            .on(new SeparableConvolution2D.Builder(), filters)
            .depthMultiplier(multiplier)
            .dataFormat(common.format())
            .build();
    return net.layer(
            common.name(),
            common.finished(made, null, "depthwise", "pointwise"),
            input,
            KerasTensor.Form.SAME)
        .shaped(common.window().output(layer.config(), input, filters));
  }
}
