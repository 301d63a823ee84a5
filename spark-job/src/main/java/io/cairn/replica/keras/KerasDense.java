/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.regularization.Regularization;

/** Dense layers, on vectors and on each step of a sequence. */
final class KerasDense {

  private KerasDense() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put("Dense", KerasDense::dense);
  }

  /** What a layer with kernel and bias has besides. */
  record Extras(
      List<Regularization> kernel, List<Regularization> bias, List<LayerConstraint> constraints) {

    /** Reads regularizers and constraints of {@code kernel} and {@code bias}. */
    static Extras of(KerasConfig config, KerasConstraints.Axes kernelAxes) {
      config.expect("activity_regularizer");
      KerasInitializers.unused(config, "kernel_initializer", "bias_initializer");
      List<LayerConstraint> constraints = new ArrayList<>();
      KerasConstraints.constraint(config, "kernel_constraint", "W", kernelAxes)
          .ifPresent(constraints::add);
      KerasConstraints.constraint(config, "bias_constraint", "b", KerasConstraints.Axes.VECTOR)
          .ifPresent(constraints::add);
      return new Extras(
          KerasRegularizers.regularization(config, "kernel_regularizer"),
          KerasRegularizers.regularization(config, "bias_regularizer"),
          constraints);
    }

    /** Gives a layer what this says. */
    <T extends BaseLayer> T on(T layer) {
      layer.setRegularization(kernel);
      layer.setRegularizationBias(bias);
      layer.setConstraints(constraints.isEmpty() ? null : constraints);
      return layer;
    }
  }

  /** Adds a dense layer, on each step of a sequence. */
  static KerasTensor dense(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    int units = config.integer("units");
    boolean bias = config.flag("use_bias", true);
    // What quantized variants were made with; such a model has other classes of weights.
    config.expect("quantization_config");
    config.expect("lora_rank");
    // Keras before 2.3 repeats the size of the input here.
    config.ignore("input_dim");
    IActivation activation = KerasActivations.activation(config, "activation", layer.major());
    Extras extras = Extras.of(config, KerasConstraints.Axes.MATRIX);
    if (input.rank() > 2) {
      throw config.refused(
          "an input of shape " + input + "; a vector or a sequence of vectors is supported");
    }
    int features = input.features();
    if (features < 0) {
      throw config.refused("the size of its input is open: " + input);
    }
    String name = net.freeName(layer.name());
    layer.slot(
        "",
        "kernel",
        KerasSlot.WeightKind.TRAINED,
        name,
        "W",
        kernel -> input.order() == null ? kernel : rows(kernel, input.order()),
        features,
        units);
    if (bias) {
      layer.weight("bias", name, "b", units);
    }
    DenseLayer dense =
        new DenseLayer.Builder()
            .nIn(features)
            .nOut(units)
            .hasBias(bias)
            .activation(activation)
            .build();
    KerasTensor.Form form =
        input.rank() == 1 ? KerasTensor.Form.SAME : KerasTensor.Form.STEPS_AS_EXAMPLES;
    KerasNet.AsOutput asOutput =
        loss ->
            input.rank() == 1
                ? new KerasNet.Output(
                    extras.on(
                        new OutputLayer.Builder(loss.function())
                            .nIn(features)
                            .nOut(units)
                            .hasBias(bias)
                            .activation(loss.activation())
                            .build()),
                    null)
                : new KerasNet.Output(
                    extras.on(
                        new RnnOutputLayer.Builder(loss.function())
                            .nIn(features)
                            .nOut(units)
                            .activation(loss.activation())
                            .dataFormat(RNNFormat.NWC)
                            .build()),
                    input.to(KerasTensor.Form.SAME));
    // DL4J's output layer of sequences reads a bias whether it has one or not.
    boolean canBeOutput = layer.trainable() && (bias || input.rank() == 1);
    return net.layer(name, extras.on(dense), input, form, canBeOutput ? asOutput : null)
        .withFeatures(units)
        .ordered(null);
  }

  /** Row {@code j} of Keras's kernel at the place of its input. */
  private static INDArray rows(INDArray kernel, int[] places) {
    INDArray placed = kernel.dup();
    for (int row = 0; row < places.length; row++) {
      placed.putRow(places[row], kernel.getRow(row));
    }
    return placed;
  }
}
