/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Batch normalization.
 *
 * <p>DL4J has either both scale and centre or neither. Where Keras has only one of them, it becomes
 * a layer of its own after a normalization with neither. A frozen one, which uses its running
 * statistics in training too, becomes a factor and a term for each channel.
 */
final class KerasNormalizations {

  /** A variance of nothing but zeros has no logarithm, which DL4J stores. */
  private static final double LEAST_VARIANCE = 1e-30;

  private KerasNormalizations() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put("BatchNormalization", KerasNormalizations::batch);
  }

  private static KerasTensor batch(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    KerasInitializers.unused(
        config,
        "beta_initializer",
        "gamma_initializer",
        "moving_mean_initializer",
        "moving_variance_initializer");
    KerasRegularizers.refuse(
        config,
        "beta_regularizer",
        "gamma_regularizer",
        "activity_regularizer",
        "beta_constraint",
        "gamma_constraint",
        "virtual_batch_size",
        "adjustment",
        "renorm_clipping");
    config.expect("renorm", false);
    config.expect("synchronized", false);
    // Of renorm, and how TensorFlow computes the same.
    config.ignore("renorm_momentum", "fused");
    config.expect("mode", 0);
    CNN2DFormat format = channelsFirst(config, input) ? CNN2DFormat.NCHW : CNN2DFormat.NHWC;
    int size = format == CNN2DFormat.NCHW ? input.shape()[0] : input.features();
    if (size < 0) {
      throw config.refused("the size of the axis it normalizes is open: " + input);
    }
    boolean scale = config.flag("scale", true);
    boolean center = config.flag("center", true);
    double momentum = config.number("momentum", 0.99);
    double epsilon = config.number("epsilon", 0.001);
    if (!layer.trainable()) {
      return frozen(layer, input, net, format, size, epsilon);
    }
    String name = net.freeName(layer.name());
    boolean whole = scale && center;
    boolean pixels = !whole && input.rank() == 3 && format == CNN2DFormat.NHWC;
    BatchNormalization made =
        new BatchNormalization.Builder()
            .nIn(size)
            .nOut(size)
            .decay(momentum)
            .eps(epsilon)
            // The other way does not survive DL4J's JSON.
            .useLogStd(true)
            .lockGammaBeta(!whole)
            .gamma(1)
            .beta(0)
            .dataFormat(input.rank() < 3 || pixels ? CNN2DFormat.NCHW : format)
            .build();
    KerasTensor.Form form =
        input.rank() == 2 ? KerasTensor.Form.STEPS_AS_EXAMPLES : KerasTensor.Form.SAME;
    KerasTensor output =
        pixels ? asPixels(layer, name, made, input, net, size) : net.layer(name, made, input, form);
    UnaryOperator<INDArray> pixel = value -> value.reshape(1, 1, size, 1);
    if (scale && !center) {
      String factor = net.freeName(name + "-scale");
      output = KerasChannelwise.add(layer, factor, output, net, format, KerasChannelwise.Term.NONE);
      layer.slot("", "gamma", KerasSlot.WeightKind.TRAINED, factor, "W", pixel, size);
    } else if (scale) {
      layer.weight("gamma", name, "gamma", size);
    }
    if (center && !scale) {
      String ones = net.freeName(name + "-ones");
      String zeros = net.freeName(name + "-zeros");
      String term = net.freeName(name + "-center");
      KerasTensor nothing = net.vertex(zeros, new ScaleVertex(0), List.of(output));
      KerasTensor one = net.vertex(ones, new ShiftVertex(1), List.of(nothing));
      one = KerasChannelwise.add(layer, term, one, net, format, KerasChannelwise.Term.NONE);
      output = KerasChannelwise.sum(net.freeName(name + "-centered"), output, one, net);
      layer.slot("", "beta", KerasSlot.WeightKind.TRAINED, term, "W", pixel, size);
    } else if (center) {
      layer.weight("beta", name, "beta", size);
    }
    statistic(layer, "moving_mean", name, "mean", value -> value, size);
    statistic(
        layer, "moving_variance", name, "log10stdev", KerasNormalizations::logOfDeviation, size);
    return output;
  }

  /** DL4J has no gradient without scale and centre where an image's channels are last. */
  private static KerasTensor asPixels(
      KerasLayer layer,
      String name,
      BatchNormalization made,
      KerasTensor input,
      KerasNet net,
      int size) {
    if (input.size() < 0) {
      throw layer.config().refused("the size of its input is open: " + input);
    }
    KerasTensor pixels = KerasShapes.reshaped(net.freeName(name + "-pixels"), input, net, size);
    return KerasShapes.reshaped(
        net.freeName(name + "-image"),
        net.layer(name, made, pixels, KerasTensor.Form.SAME),
        net,
        input.shape());
  }

  private static void statistic(
      KerasLayer layer,
      String variable,
      String vertex,
      String parameter,
      UnaryOperator<INDArray> placed,
      int size) {
    layer.slot("", variable, KerasSlot.WeightKind.STATISTIC, vertex, parameter, placed, size);
  }

  private static INDArray logOfDeviation(INDArray variance) {
    return Transforms.log(
            Transforms.max(
                variance.castTo(org.nd4j.linalg.api.buffer.DataType.DOUBLE), LEAST_VARIANCE))
        .muli(0.5 / Math.log(10));
  }

  private static KerasTensor frozen(
      KerasLayer layer,
      KerasTensor input,
      KerasNet net,
      CNN2DFormat format,
      int size,
      double epsilon) {
    KerasConfig config = layer.config();
    String name = net.freeName(layer.name());
    boolean scale = config.flag("scale", true);
    boolean center = config.flag("center", true);
    if (scale) {
      layer.held("gamma", KerasSlot.WeightKind.TRAINED, size);
    }
    if (center) {
      layer.held("beta", KerasSlot.WeightKind.TRAINED, size);
    }
    layer.held("moving_mean", KerasSlot.WeightKind.STATISTIC, size);
    layer.held("moving_variance", KerasSlot.WeightKind.STATISTIC, size);
    layer.derive(name, "W", held -> factor(held, epsilon).reshape(1, 1, size, 1));
    layer.derive(
        name,
        "b",
        held -> {
          INDArray term = held.get("moving_mean").mul(factor(held, epsilon)).negi();
          return center ? term.addi(held.get("beta")) : term;
        });
    net.notes()
        .add(
            "layer "
                + layer.name()
                + " is frozen: it is written as the factor and the term for each channel that its"
                + " running statistics amount to");
    return KerasChannelwise.add(layer, name, input, net, format, KerasChannelwise.Term.BIAS);
  }

  private static INDArray factor(Map<String, INDArray> held, double epsilon) {
    INDArray inverse = Transforms.sqrt(held.get("moving_variance").add(epsilon)).rdivi(1);
    return held.containsKey("gamma") ? inverse.muli(held.get("gamma")) : inverse;
  }

  private static boolean channelsFirst(KerasConfig config, KerasTensor input) {
    if (input.rank() > 3) {
      throw config.refused(
          "an input of shape " + input + "; vectors, sequences and images are supported");
    }
    List<Integer> axes = config.has("axis") ? config.integers("axis") : List.of(-1);
    config.ignore("axis");
    int axis = axes.size() == 1 ? axes.get(0) : 0;
    if (axis == -1 || axis == input.rank()) {
      return false;
    }
    if (axis == 1 && input.rank() == 3) {
      return true;
    }
    throw config.refused("axis", "the last one, or 1 for images with channels first");
  }
}
