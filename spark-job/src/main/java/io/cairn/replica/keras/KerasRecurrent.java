/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Layers for sequences: embeddings, recurrent layers and their wrappers. Inside the network, time
 * steps are last in all of them. Where two neighbouring layers differ in this, DL4J exchanges axes
 * without being asked.
 */
final class KerasRecurrent {

  private KerasRecurrent() {}

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put("Embedding", KerasRecurrent::embedding);
    readers.put("Masking", KerasMasks::masking);
    readers.put("LSTM", KerasRecurrent::recurrent);
    readers.put("SimpleRNN", KerasRecurrent::recurrent);
    readers.put("Bidirectional", KerasRecurrent::bidirectional);
    readers.put("TimeDistributed", KerasRecurrent::timeDistributed);
  }

  private static KerasTensor embedding(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    int vocabulary = config.integer("input_dim");
    int units = config.integer("output_dim");
    KerasInitializers.unused(config, "embeddings_initializer");
    KerasRegularizers.refuse(config, "activity_regularizer", "embeddings_constraint");
    config.expect("sparse", false);
    config.expect("quantization_config");
    config.expect("lora_rank");
    boolean masks = config.flag("mask_zero", false);
    if (masks && config.has("embeddings_regularizer")) {
      throw config.refused(
          "embeddings_regularizer with mask_zero is not supported; leave one of them out");
    }
    // The input says it as well.
    config.ignore("input_length");
    if (input.rank() != 1 || net.nodes().containsKey(input.vertex())) {
      throw config.refused(
          "an input of shape " + input + "; it must read token numbers from an input of the model");
    }
    int steps = input.shape()[0];
    String name = net.freeName(layer.name());
    UnaryOperator<INDArray> placed =
        masks ? KerasMasks.tokenZero(config) : UnaryOperator.identity();
    layer.slot(
        "", "embeddings", KerasSlot.WeightKind.TRAINED, name, "W", placed, vocabulary, units);
    EmbeddingSequenceLayer.Builder builder =
        new EmbeddingSequenceLayer.Builder()
            .nIn(vocabulary)
            .nOut(units)
            .hasBias(false)
            .activation(new ActivationIdentity())
            .outputDataFormat(RNNFormat.NCW);
    if (steps > 0) {
      builder.inputLength(steps).inferInputLength(false);
    } else {
      builder.inferInputLength(true);
    }
    EmbeddingSequenceLayer made = builder.build();
    made.setRegularization(KerasRegularizers.regularization(config, "embeddings_regularizer"));
    return net.layer(name, made, input, KerasTensor.Form.SAME)
        .in(KerasTensor.Form.STEPS_LAST)
        .shaped(steps, units)
        .masked(masks ? OptionalDouble.of(0) : OptionalDouble.empty());
  }

  private static KerasTensor recurrent(KerasLayer layer, KerasTensor input, KerasNet net) {
    String name = net.freeName(layer.name());
    boolean sequences = layer.config().flag("return_sequences", false);
    BaseRecurrentLayer made = cell(layer, input);
    weights(layer, "cell", name, "", input.features());
    int units = layer.config().integer("units");
    KerasMasks.note(layer, input, net);
    made.setLayerName(name);
    if (sequences) {
      KerasTensor output =
          net.layer(name, KerasMasks.around(made, input), input, KerasTensor.Form.STEPS_LAST)
              .shaped(input.shape()[0], units);
      return KerasMasks.behind(layer.config(), input, output);
    }
    return last(name, made, input, net);
  }

  /** A recurrent layer of which only the last output is read. */
  static KerasTensor last(String name, BaseRecurrentLayer made, KerasTensor input, KerasNet net) {
    Layer last = KerasMasks.around(new LastTimeStep(made), input);
    return net.layer(name, last, input, KerasTensor.Form.STEPS_LAST)
        .in(KerasTensor.Form.SAME)
        .shaped((int) made.getNOut())
        .masked(OptionalDouble.empty());
  }

  /** DL4J's layer for one direction. */
  private static BaseRecurrentLayer cell(KerasLayer layer, KerasTensor input) {
    KerasConfig config = layer.config();
    config.expect("return_state", false);
    config.expect("go_backwards", false);
    config.expect("stateful", false);
    config.expect("time_major", false);
    config.expect("dropout", 0);
    config.expect("recurrent_dropout", 0);
    config.expect("use_bias", true);
    // How it is computed, and what a fresh model would start from.
    config.ignore("unroll", "implementation", "unit_forget_bias", "seed", "use_cudnn");
    // Nobody reads what is given at a masked step.
    config.ignore("zero_output_for_mask");
    KerasInitializers.unused(
        config, "kernel_initializer", "recurrent_initializer", "bias_initializer");
    config.expect("activity_regularizer");
    if (input.rank() != 2 || input.features() < 0) {
      throw config.refused("an input of shape " + input);
    }
    int units = config.integer("units");
    IActivation activation = KerasActivations.activation(config, "activation", layer.major());
    BaseRecurrentLayer made =
        layer.className().equals("LSTM")
            ? new LSTM.Builder()
                .nIn(input.features())
                .nOut(units)
                .activation(activation)
                .gateActivationFunction(
                    KerasActivations.activation(config, "recurrent_activation", layer.major()))
                .dataFormat(RNNFormat.NCW)
                .build()
            : new SimpleRnn.Builder()
                .nIn(input.features())
                .nOut(units)
                .activation(activation)
                .dataFormat(RNNFormat.NCW)
                .build();
    made.setRegularization(
        KerasRegularizers.same(config, "kernel_regularizer", "recurrent_regularizer"));
    made.setRegularizationBias(KerasRegularizers.regularization(config, "bias_regularizer"));
    List<LayerConstraint> constraints = new ArrayList<>();
    KerasConstraints.constraint(config, "kernel_constraint", "W", KerasConstraints.Axes.MATRIX)
        .ifPresent(constraints::add);
    KerasConstraints.constraint(config, "recurrent_constraint", "RW", KerasConstraints.Axes.MATRIX)
        .ifPresent(constraints::add);
    config.expect("bias_constraint");
    made.setConstraints(constraints.isEmpty() ? null : constraints);
    return made;
  }

  private static void weights(
      KerasLayer layer, String part, String vertex, String prefix, int features) {
    int units = layer.config().integer("units");
    boolean gates = layer.className().equals("LSTM");
    int columns = gates ? 4 * units : units;
    UnaryOperator<INDArray> placed = gates ? KerasRecurrent::gates : UnaryOperator.identity();
    KerasSlot.WeightKind kind = KerasSlot.WeightKind.TRAINED;
    layer.slot(part, "kernel", kind, vertex, prefix + "W", placed, features, columns);
    layer.slot(part, "recurrent_kernel", kind, vertex, prefix + "RW", placed, units, columns);
    layer.slot(part, "bias", kind, vertex, prefix + "b", placed, columns);
  }

  /** Keras's order is input, forget, cell, output; DL4J's is cell, forget, output, input. */
  private static INDArray gates(INDArray value) {
    INDArray rows = value.rank() == 1 ? value.reshape(1, value.length()) : value;
    long units = rows.size(1) / 4;
    INDArray[] parts = new INDArray[4];
    int[] order = {2, 1, 3, 0};
    for (int i = 0; i < 4; i++) {
      parts[i] =
          rows.get(
              NDArrayIndex.all(), NDArrayIndex.interval(order[i] * units, (order[i] + 1) * units));
    }
    INDArray placed = Nd4j.concat(1, parts);
    return value.rank() == 1 ? placed.reshape(placed.length()) : placed;
  }

  private static KerasTensor bidirectional(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    KerasObject forward = config.serialized("layer");
    if (!forward.className().equals("LSTM") && !forward.className().equals("SimpleRNN")) {
      throw config.refused("layer", "LSTM and SimpleRNN");
    }
    Bidirectional.Mode mode =
        switch (config.text("merge_mode", "none")) {
          case "concat" -> Bidirectional.Mode.CONCAT;
          case "sum" -> Bidirectional.Mode.ADD;
          case "mul" -> Bidirectional.Mode.MUL;
          case "ave" -> Bidirectional.Mode.AVERAGE;
          default -> throw config.refused("merge_mode", "concat, sum, mul and ave");
        };
    KerasLayer inner = layer.within("forward_layer", forward);
    KerasDirections.checkBackward(config, forward);
    boolean sequences = inner.config().flag("return_sequences", false);
    String name = net.freeName(layer.name());
    BaseRecurrentLayer made = cell(inner, input);
    KerasMasks.note(layer, input, net);
    int units = inner.config().integer("units");
    int outputs = mode == Bidirectional.Mode.CONCAT ? 2 * units : units;
    if (sequences) {
      weights(inner, "cell", name, "f", input.features());
      weights(layer.within("backward_layer", forward), "cell", name, "b", input.features());
      Bidirectional both = new Bidirectional(mode, made);
      KerasTensor output =
          net.layer(name, KerasMasks.around(both, input), input, KerasTensor.Form.STEPS_LAST)
              .shaped(input.shape()[0], outputs);
      return KerasMasks.behind(inner.config(), input, output);
    }
    return KerasDirections.lastOfBoth(
        layer, forward, made, cell(inner, input), mode, input, net, KerasRecurrent::weights);
  }

  private static KerasTensor timeDistributed(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    KerasObject inner = config.serialized("layer");
    if (!inner.className().equals("Dense") || input.rank() != 2) {
      throw config.refused(
          "TimeDistributed of "
              + inner.className()
              + " on "
              + input
              + "; only Dense on a sequence of vectors is supported");
    }
    return KerasDense.dense(layer.within("layer", inner), input, net);
  }
}
