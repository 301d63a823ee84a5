/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/**
 * Replaces the last layers of a network by output layers with the losses that the model was
 * compiled with. The activation before a loss becomes the output layer's activation, so that both
 * are computed together.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link io.cairn.replica.ModelException} for outputs that DL4J has no loss of.
 */
final class KerasOutputs {

  private KerasOutputs() {}

  /**
   * Gives each output its loss.
   *
   * @param outputs replaced by those of the output layers
   */
  static void attach(
      KerasTopology model, List<KerasTensor> outputs, KerasTraining training, KerasNet net) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < outputs.size(); i++) {
      KerasTensor output = outputs.get(i);
      String layer = model.outputs().get(i).layer();
      if (!seen.add(output.vertex())) {
        throw training
            .losses()
            .get(i)
            .function()
            .config()
            .refused("layer " + layer + " is an output of the model twice");
      }
      outputs.set(i, attach(layer, output, training.losses().get(i), net));
    }
  }

  private static KerasTensor attach(
      String layer, KerasTensor output, KerasTraining.Loss loss, KerasNet net) {
    KerasNet.Node node = net.nodes().get(output.vertex());
    if (node == null) {
      throw loss.function()
          .config()
          .refused("layer " + layer + " is input and output of the model");
    }
    if (output.mask().isPresent()) {
      throw loss.function()
          .config()
          .refused(
              "output "
                  + layer
                  + " is a sequence with masked steps; a loss of a vector, or of a sequence without"
                  + " Masking and mask_zero, is supported");
    }
    if (output.order() != null) {
      throw loss.function()
          .config()
          .refused(
              "output "
                  + layer
                  + " has the values of permuted axes, or of channels that come first; a Dense"
                  + " layer behind it is supported");
    }
    boolean mayChange = !net.isRead(output.vertex());
    IActivation activation = mayChange ? activation(node.layer()) : new ActivationIdentity();
    KerasLoss translated =
        KerasLosses.loss(
            loss.function(),
            new KerasOutput(
                layer, activation, output.features(), positions(output), loss.weight()));
    net.notes().addAll(translated.notes());
    if (mayChange && node.asOutput() != null) {
      KerasNet.Output own = node.asOutput().of(translated);
      net.replace(output.vertex(), own.layer(), own.before());
      return output;
    }
    if (mayChange && node.layer() instanceof ActivationLayer) {
      Optional<KerasTensor> folded = intoDense(node, output, translated, net);
      if (folded.isPresent()) {
        return folded.get();
      }
    }
    Layer lossLayer = lossLayer(loss.function().config(), layer, output, translated);
    if (mayChange && node.layer() instanceof ActivationLayer) {
      net.replace(
          output.vertex(), lossLayer, then(node.before(), output.to(KerasTensor.Form.SAME)));
      return output;
    }
    if (mayChange && node.layer() instanceof BaseLayer with) {
      with.setActivationFn(new ActivationIdentity());
    }
    return net.layer(
        net.freeName(output.vertex() + "-loss"), lossLayer, output, KerasTensor.Form.SAME);
  }

  /** A Dense layer and the activation of its sequence, as one output layer. */
  private static Optional<KerasTensor> intoDense(
      KerasNet.Node activation, KerasTensor output, KerasLoss loss, KerasNet net) {
    String dense = activation.inputs().get(0);
    KerasNet.Node before = net.nodes().get(dense);
    if (output.rank() != 2
        || before == null
        || before.asOutput() == null
        || !(activation(before.layer()) instanceof ActivationIdentity)
        || net.readers(dense) != 1) {
      return Optional.empty();
    }
    net.remove(output.vertex());
    KerasNet.Output own = before.asOutput().of(loss);
    net.replace(dense, own.layer(), own.before());
    return Optional.of(new KerasTensor(dense, output.shape()));
  }

  /** One after the other; each may be null. */
  private static InputPreProcessor then(InputPreProcessor first, InputPreProcessor second) {
    if (first == null || second == null) {
      return first == null ? second : first;
    }
    return new ComposableInputPreProcessor(first, second);
  }

  private static IActivation activation(Layer layer) {
    if (layer instanceof ActivationLayer activation) {
      return activation.getActivationFn();
    }
    if (layer instanceof BaseLayer with && with.getActivationFn() != null) {
      return with.getActivationFn();
    }
    return new ActivationIdentity();
  }

  private static OptionalLong positions(KerasTensor output) {
    long positions = 1;
    for (int axis = 0; axis < output.rank() - 1; axis++) {
      if (output.shape()[axis] < 0) {
        return OptionalLong.empty();
      }
      positions *= output.shape()[axis];
    }
    return OptionalLong.of(positions);
  }

  private static Layer lossLayer(
      KerasConfig config, String layer, KerasTensor output, KerasLoss loss) {
    return switch (output.rank()) {
      case 1 -> new LossLayer.Builder(loss.function()).activation(loss.activation()).build();
      case 2 ->
          throw config.refused(
              "output "
                  + layer
                  + " is a sequence that does not come from a Dense layer with a bias that is"
                  + " trained; only a loss behind Dense or TimeDistributed(Dense), with or without"
                  + " an activation, is supported");
      default ->
          throw config.refused(
              "output "
                  + layer
                  + " has the shape "
                  + output
                  + "; a loss of a vector or of a sequence is supported");
    };
  }
}
