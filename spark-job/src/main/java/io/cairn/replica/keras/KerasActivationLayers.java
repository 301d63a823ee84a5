/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationThresholdedReLU;

/** Activations as layers of their own. */
final class KerasActivationLayers {

  private KerasActivationLayers() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put(
        "Activation",
        (layer, input, net) ->
            activation(
                layer,
                input,
                net,
                KerasActivations.activation(layer.config(), "activation", layer.major())));
    readers.put("ReLU", (layer, input, net) -> activation(layer, input, net, relu(layer.config())));
    readers.put(
        "LeakyReLU",
        (layer, input, net) ->
            activation(layer, input, net, new ActivationLReLU(either(layer.config(), 0.3))));
    readers.put("ELU", (layer, input, net) -> activation(layer, input, net, elu(layer.config())));
    readers.put(
        "ThresholdedReLU",
        (layer, input, net) ->
            activation(
                layer,
                input,
                net,
                new ActivationThresholdedReLU(layer.config().number("theta", 1))));
    readers.put("Softmax", KerasActivationLayers::softmax);
    readers.put("PReLU", KerasActivationLayers::prelu);
  }

  /** Keras 3 has renamed it. */
  private static double either(KerasConfig config, double absent) {
    return config.number("alpha", config.number("negative_slope", absent));
  }

  /** DL4J's gradient leaves alpha out. */
  private static IActivation elu(KerasConfig config) {
    config.expect("alpha", 1);
    return new ActivationELU(1);
  }

  private static IActivation relu(KerasConfig config) {
    double slope = config.number("negative_slope", 0);
    config.expect("threshold", 0);
    if (!config.has("max_value")) {
      config.ignore("max_value");
      return slope == 0 ? new ActivationReLU() : new ActivationLReLU(slope);
    }
    config.expect("max_value", 6);
    if (slope != 0) {
      throw config.refused("negative_slope", "0 beside max_value");
    }
    return new ActivationReLU6();
  }

  private static KerasTensor softmax(KerasLayer layer, KerasTensor input, KerasNet net) {
    layer.config().expect("axis", -1, input.rank());
    return activation(layer, input, net, new ActivationSoftmax());
  }

  private static KerasTensor activation(
      KerasLayer layer, KerasTensor input, KerasNet net, IActivation function) {
    layer.config().expect("activity_regularizer");
    // Softmax goes along the last axis, which must be Keras's; the others take each value by
    // itself.
    KerasTensor.Form form =
        function instanceof ActivationSoftmax && input.form() == KerasTensor.Form.STEPS_LAST
            ? KerasTensor.Form.SAME
            : input.form();
    return net.layer(
        net.freeName(layer.name()),
        new ActivationLayer.Builder().activation(function).build(),
        input,
        form);
  }

  private static KerasTensor prelu(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    KerasInitializers.unused(config, "alpha_initializer");
    KerasRegularizers.refuse(
        config, "alpha_regularizer", "activity_regularizer", "alpha_constraint");
    int[] shape = input.shape().clone();
    List<Integer> shared = config.integers("shared_axes");
    for (int i = 0; i < shared.size(); i++) {
      if (shared.get(i) != i + 1 || i + 1 >= shape.length) {
        throw config.refused("shared_axes", "the first axes, 1 and so on, but not the last");
      }
    }
    int own = 1;
    for (int axis = 0; axis < shape.length; axis++) {
      if (axis < shared.size()) {
        shape[axis] = 1;
      }
      own *= shape[axis];
    }
    if (own < 1) {
      throw config.refused("the size of its input is open: " + input + "; share that axis");
    }
    return prelu(layer, input, net, shape, own);
  }

  /**
   * DL4J's own layer fails in its gradient for all but small batches. x+ - alpha (-x)+ is the same.
   */
  private static KerasTensor prelu(
      KerasLayer layer, KerasTensor given, KerasNet net, int[] shape, int own) {
    KerasTensor input = net.in(given, KerasTensor.Form.SAME);
    boolean channels = own == input.features();
    String name = net.freeName(layer.name());
    KerasTensor values =
        channels
            ? input
            : KerasShapes.reshaped(
                net.freeName(name + "-values"), input, net, input.size() / own, own);
    KerasTensor above = relu(name + "-above", values, net);
    KerasTensor negated =
        net.vertex(net.freeName(name + "-negated"), new ScaleVertex(-1), List.of(values));
    String factor = net.freeName(name + "-alpha");
    KerasTensor below =
        KerasChannelwise.add(
            layer,
            factor,
            relu(name + "-below", negated, net),
            net,
            CNN2DFormat.NHWC,
            KerasChannelwise.Term.NONE);
    layer.slot(
        "",
        "alpha",
        KerasSlot.WeightKind.TRAINED,
        factor,
        "W",
        alpha -> alpha.neg().reshape('c', 1, 1, own, 1),
        IntStream.of(shape).asLongStream().toArray());
    KerasTensor sum = KerasChannelwise.sum(name, above, below, net);
    return channels
        ? sum
        : KerasShapes.reshaped(net.freeName(name + "-shape"), sum, net, input.shape());
  }

  private static KerasTensor relu(String name, KerasTensor input, KerasNet net) {
    return net.layer(
        net.freeName(name),
        new ActivationLayer.Builder().activation(new ActivationReLU()).build(),
        input,
        KerasTensor.Form.SAME);
  }
}
