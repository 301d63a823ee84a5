/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * Multiplies a network's losses by the weights of a batch's examples during one pass.
 *
 * <p>Deeplearning4j's masks cannot be used for this. Where an output has one column, most losses
 * take a mask of examples for a mask of outputs and apply it twice, and some refuse a batch of one
 * example. So the loss in each output layer's configuration is replaced while a pass runs, and
 * restored afterwards. What is saved never contains a loss of ours.
 *
 * <p>The loss of a {@link LossLayer} is replaced in every pass. It gets the layer's own input, and
 * overwrites it with the gradient before DL4J computes the score from it.
 *
 * <p>Threading: the replica's thread.
 */
final class WeightedLosses {

  private final List<Layer> outputs;

  /**
   * @param outputs configurations of the network's output layers, the very objects that its layers
   *     ask
   */
  WeightedLosses(List<Layer> outputs) {
    this.outputs = List.copyOf(outputs);
  }

  /** The pass's result, computed by weighted losses if the batch's examples have weights. */
  double during(ExampleWeights weights, DoubleSupplier pass) {
    if (!weights.areGiven() && outputs.stream().noneMatch(LossLayer.class::isInstance)) {
      return pass.getAsDouble();
    }
    List<ILossFunction> own = new ArrayList<>();
    for (Layer layer : outputs) {
      ILossFunction loss = OutputKinds.lossOf(layer);
      if (loss == null && weights.areGiven()) {
        throw new IllegalStateException(
            layer.getClass().getSimpleName() + " takes no weights, and should have been refused");
      }
      own.add(loss);
    }
    try {
      for (int i = 0; i < outputs.size(); i++) {
        if (own.get(i) == null) {
          continue;
        }
        boolean sequence =
            outputs.get(i) instanceof RnnOutputLayer || outputs.get(i) instanceof RnnLossLayer;
        replace(
            outputs.get(i),
            new WeightedLoss(
                own.get(i),
                weights,
                sequence
                    ? WeightedLoss.RowOrder.STEP_BY_STEP
                    : WeightedLoss.RowOrder.EXAMPLE_BY_EXAMPLE));
      }
      return pass.getAsDouble();
    } finally {
      for (int i = 0; i < outputs.size(); i++) {
        if (own.get(i) != null) {
          replace(outputs.get(i), own.get(i));
        }
      }
    }
  }

  private static void replace(Layer layer, ILossFunction loss) {
    if (layer instanceof BaseOutputLayer output) {
      output.setLossFn(loss);
    } else if (layer instanceof LossLayer output) {
      output.setLossFn(loss);
    } else if (layer instanceof RnnLossLayer output) {
      output.setLossFn(loss);
    } else if (layer instanceof CnnLossLayer output) {
      output.setLossFn(loss);
    } else {
      ((Cnn3DLossLayer) layer).setLossFn(loss);
    }
  }
}
