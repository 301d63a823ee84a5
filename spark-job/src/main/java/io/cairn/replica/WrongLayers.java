/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SpaceToBatchLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;

/**
 * Refuses layers whose gradient Deeplearning4j 1.0.0-M2.1 computes wrongly and that are not
 * corrected here, before any array is allocated for them. {@code LayerConformanceTest} found them.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} naming the layer, what is wrong, and the way out.
 */
final class WrongLayers {

  private WrongLayers() {}

  /** Refuses a sequential model with such a layer. */
  static void refuse(String name, MultiLayerConfiguration model) {
    int index = 0;
    for (NeuralNetConfiguration conf : model.getConfs()) {
      refuse(name, "layer " + index++, conf.getLayer());
    }
  }

  /** Refuses a graph with such a layer or vertex. */
  static void refuse(String name, ComputationGraphConfiguration model) {
    model.getVertices().forEach((vertexName, vertex) -> refuse(name, vertexName, vertex));
  }

  private static void refuse(String name, String place, GraphVertex vertex) {
    if (vertex instanceof LayerVertex layer) {
      refuse(name, "layer", layer.getLayerConf().getLayer());
    } else if (vertex instanceof FrozenVertex frozen) {
      refuse(name, place, frozen.getUnderlying());
    } else if (vertex instanceof SameDiffVertex) {
      throw refusal(name, place, vertex.getClass(), DOUBLED);
    }
  }

  private static void refuse(String name, String place, Layer layer) {
    String where = layer.getLayerName() == null ? place : "layer " + layer.getLayerName();
    wrong(layer)
        .ifPresent(
            reason -> {
              throw refusal(name, where, layer.getClass(), reason);
            });
    inner(layer).ifPresent(wrapped -> refuse(name, where, wrapped));
  }

  private static ModelException refusal(String name, String where, Class<?> type, String reason) {
    return new ModelException(
        name + ": " + where + " (" + type.getSimpleName() + ") cannot be trained: " + reason);
  }

  private static Optional<Layer> inner(Layer layer) {
    if (layer instanceof BaseWrapperLayer wrapper) {
      return Optional.of(wrapper.getUnderlying());
    }
    if (layer instanceof FrozenLayer frozen) {
      return Optional.of(frozen.getLayer());
    }
    return layer instanceof Bidirectional both ? Optional.of(both.getFwd()) : Optional.empty();
  }

  private static final String DOUBLED =
      "it is made of SameDiff, and Deeplearning4j 1.0.0-M2.1 gives it and all layers before it a"
          + " gradient that is twice the right one; take a layer that is not";

  /** What is wrong with a layer's gradient; empty if nothing is. */
  static Optional<String> wrong(Layer layer) {
    if (layer instanceof AbstractSameDiffLayer) {
      return Optional.of(DOUBLED);
    }
    if (layer instanceof OCNNOutputLayer) {
      return Optional.of(
          "its margin r is set from the examples that a worker has seen, and not by a gradient, so"
              + " that there is no sum over workers");
    }
    if (layer instanceof CnnLossLayer images && images.getFormat() == CNN2DFormat.NHWC) {
      return Optional.of(
          "with channels last (NHWC) its loss and its gradient do not belong together; give the"
              + " model channels first (NCHW)");
    }
    if (layer instanceof SpaceToBatchLayer) {
      return Optional.of(
          "it makes several examples of one, which then cannot be counted; take SpaceToDepthLayer");
    }
    if (layer instanceof BatchNormalization normalization) {
      return wrong(normalization);
    }
    boolean convolution =
        layer.getClass() == ConvolutionLayer.class || layer.getClass() == Convolution2D.class;
    if (convolution
        && layer instanceof ConvolutionLayer image
        && image.getCnn2dDataFormat() == CNN2DFormat.NHWC
        && image.getActivationFn() instanceof ActivationSoftmax) {
      return Optional.of(
          "with softmax as its own activation and channels last (NHWC), Deeplearning4j takes the"
              + " gradient along the width instead of the channels; give it the identity and put"
              + " an ActivationLayer with softmax behind it");
    }
    return Optional.empty();
  }

  private static Optional<String> wrong(BatchNormalization layer) {
    if (!layer.isLockGammaBeta()) {
      return Optional.empty();
    }
    if (layer.getCnn2DFormat() == CNN2DFormat.NHWC) {
      return Optional.of(
          "with lockGammaBeta, Deeplearning4j has no gradient for channels last (NHWC); let gamma"
              + " and beta be learned (lockGammaBeta false)");
    }
    if ((layer.getGamma() != 1) != (layer.getBeta() != 0)) {
      return Optional.of(
          "with lockGammaBeta, Deeplearning4j leaves gamma and beta out unless gamma differs from"
              + " 1 and beta from 0, but not in the gradient; it has gamma "
              + layer.getGamma()
              + " and beta "
              + layer.getBeta());
    }
    return Optional.empty();
  }
}
