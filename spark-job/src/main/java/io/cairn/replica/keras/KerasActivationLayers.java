/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
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
            activation(
                layer, input, net, new ActivationLReLU(either(layer.config(), 0.3))));
    readers.put(
        "ELU",
        (layer, input, net) ->
            activation(layer, input, net, new ActivationELU(layer.config().number("alpha", 1))));
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
    // Softmax goes along the last axis, which must be Keras's; the others take each value by itself.
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
    List<Integer> shared = config.integers("shared_axes");
    long[] shape = IntStream.of(input.shape()).asLongStream().toArray();
    for (int axis : shared) {
      if (axis < 1 || axis > shape.length) {
        throw config.refused("shared_axes", "axes from 1 to " + shape.length);
      }
      shape[axis - 1] = 1;
    }
    if (Arrays.stream(shape).anyMatch(axis -> axis < 0)) {
      throw config.refused("the size of its input is open: " + input + "; share that axis");
    }
    String name = net.freeName(layer.name());
    PReLULayer.Builder builder = new PReLULayer.Builder().inputShape(shape.clone());
    if (!shared.isEmpty()) {
      builder.sharedAxes(shared.stream().mapToLong(Integer::longValue).toArray());
    }
    layer.weight("alpha", name, "W", shape);
    return net.layer(name, builder.build(), input, KerasTensor.Form.SAME);
  }
}
