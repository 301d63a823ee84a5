/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ModelSignature.Labels;
import io.cairn.replica.ModelSignature.Measure;
import io.cairn.replica.ModelSignature.Output;
import io.cairn.replica.ModelSignature.Steps;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;
import org.nd4j.linalg.lossfunctions.impl.LossHinge;
import org.nd4j.linalg.lossfunctions.impl.LossMAPE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMixtureDensity;
import org.nd4j.linalg.lossfunctions.impl.LossMultiLabel;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossSquaredHinge;
import org.nd4j.linalg.lossfunctions.impl.LossWasserstein;

/**
 * Which labels the output layers of a network expect, and by which measures they can be validated.
 *
 * <p>Threading: stateless.
 */
final class OutputKinds {

  private OutputKinds() {}

  /**
   * One output.
   *
   * @param name of the layer
   * @param chain the output layer and those before it, the output layer first, as far as they are a
   *     chain
   */
  static Output of(String name, List<Layer> chain) {
    Layer layer = chain.get(0);
    ILossFunction loss = lossOf(layer);
    if (loss == null || layer instanceof OCNNOutputLayer || loss instanceof LossMixtureDensity) {
      String called = loss == null ? layer.getClass().getSimpleName() : nameOf(loss);
      return new Output(
          name,
          Labels.BY_LOSS_ALONE,
          Measure.LOSS_ALONE,
          0,
          steps(chain),
          called,
          called + " takes no weights");
    }
    if (loss instanceof LossFMeasure) {
      throw new ModelException(
          "output %s: %s is a measure of a whole batch and no sum over examples, so that micro-batches cannot make it"
              .formatted(name, nameOf(loss)));
    }
    long units = units(chain);
    boolean probability = isProbability(activation(chain));
    return new Output(
        name,
        labels(loss, units, probability),
        measure(loss, probability),
        units,
        steps(chain),
        nameOf(loss),
        unweighted(layer, loss));
  }

  private static Labels labels(ILossFunction loss, long units, boolean probability) {
    if (loss instanceof LossSparseMCXENT) {
      return Labels.CLASS_INDEX;
    }
    boolean noClass =
        loss instanceof LossHinge
            || loss instanceof LossSquaredHinge
            || loss instanceof LossWasserstein
            || loss instanceof LossMAPE;
    if (noClass) {
      return Labels.VALUES;
    }
    if (units == 1) {
      return probability ? Labels.BINARY : Labels.VALUES;
    }
    return Labels.ONE_HOT;
  }

  private static Measure measure(ILossFunction loss, boolean probability) {
    if (loss instanceof LossBinaryXENT && probability) {
      return Measure.PROBABILITIES;
    }
    return loss instanceof LossMCXENT ? Measure.CLASSES : Measure.VALUES;
  }

  private static String unweighted(Layer layer, ILossFunction loss) {
    if (layer instanceof CenterLossOutputLayer) {
      return "the distance to its centres takes no weights";
    }
    return loss instanceof LossMultiLabel ? nameOf(loss) + " takes no weights" : "";
  }

  /** The loss of an output layer whose labels look like its output; null of any other. */
  static ILossFunction lossOf(Layer layer) {
    if (layer instanceof BaseOutputLayer output) {
      return output.getLossFn();
    }
    if (layer instanceof LossLayer output) {
      return output.getLossFn();
    }
    if (layer instanceof RnnLossLayer output) {
      return output.getLossFn();
    }
    if (layer instanceof CnnLossLayer output) {
      return output.getLossFn();
    }
    return layer instanceof Cnn3DLossLayer output ? output.getLossFn() : null;
  }

  private static String nameOf(ILossFunction loss) {
    return loss.getClass().getSimpleName();
  }

  private static Steps steps(List<Layer> chain) {
    Layer layer = chain.get(0);
    if (layer instanceof RnnOutputLayer output) {
      return TimeStepOrder.of(output.getRnnDataFormat());
    }
    if (layer instanceof RnnLossLayer output) {
      return lossSteps(output, chain);
    }
    return new Steps.Undecided(
        layer.getClass().getSimpleName() + " does not say where the time steps of labels stand");
  }

  /** A loss layer changes no array: what it says must be what it is given. */
  private static Steps lossSteps(RnnLossLayer layer, List<Layer> chain) {
    boolean first = layer.getRnnDataFormat() == RNNFormat.NWC;
    if (first) {
      return new Steps.Undecided(
          "it ends with an RnnLossLayer in NWC, whose loss Deeplearning4j computes from its input; an RnnOutputLayer does it");
    }
    Optional<RNNFormat> given =
        chain.stream().skip(1).map(TimeStepOrder::said).flatMap(Optional::stream).findFirst();
    return given.filter(RNNFormat.NWC::equals).isPresent()
        ? new Steps.Undecided("its RnnLossLayer says NCW, and the layers before it say NWC")
        : new Steps.Last();
  }

  /** A loss layer has no units of its own: those before it count. */
  private static long units(List<Layer> chain) {
    return chain.stream()
        .filter(layer -> layer instanceof FeedForwardLayer)
        .mapToLong(layer -> ((FeedForwardLayer) layer).getNOut())
        .filter(units -> units > 0)
        .findFirst()
        .orElse(0);
  }

  /** Keras's losses stand in layers of their own, behind the activation. */
  private static IActivation activation(List<Layer> chain) {
    for (Layer layer : chain) {
      IActivation activation =
          layer instanceof BaseLayer base
              ? base.getActivationFn()
              : layer instanceof ActivationLayer only ? only.getActivationFn() : null;
      if (!(activation instanceof ActivationIdentity)) {
        return activation;
      }
    }
    return null;
  }

  private static boolean isProbability(IActivation activation) {
    return activation instanceof ActivationSigmoid || activation instanceof ActivationHardSigmoid;
  }
}
