/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Deeplearning4j's dense layer with two matrix products in a pass instead of four, where it is the
 * first, and with three elsewhere.
 *
 * <p>Deeplearning4j 1.0.0-M2.1 multiplies input and weights in the forward pass and once more in
 * the backward pass; this layer keeps a copy of the product in the pass's own workspace. And it
 * computes the gradient at the input of the network's first layer, which nobody reads. The numbers
 * are the same bits.
 *
 * <p>Replaces the layer that it was made from, with the same parameters.
 *
 * <p>Threading: the network's thread.
 */
final class FrugalDense extends DenseLayer {

  private static final long serialVersionUID = 1L;

  private final Place place;
  private transient INDArray kept;

  /** Where in its network a layer is. */
  enum Place {
    /** Nobody reads the gradient at its input. */
    FIRST,
    /** Another layer may. */
    LATER
  }

  FrugalDense(NeuralNetConfiguration conf, DataType type, Place place) {
    super(conf, type);
    this.place = place;
  }

  /**
   * The layer itself, or one with its configuration and parameters that computes less. A network
   * that only scores has no array for gradients, and nothing to spare.
   */
  static Layer insteadOf(Layer layer, Place place) {
    if (layer.getClass() != DenseLayer.class
        || ((DenseLayer) layer).hasLayerNorm()
        || layer.getGradientsViewArray() == null) {
      return layer;
    }
    FrugalDense frugal = new FrugalDense(layer.conf(), layer.params().dataType(), place);
    frugal.setListeners(layer.getListeners());
    frugal.setIndex(layer.getIndex());
    frugal.setParamsViewArray(layer.params());
    frugal.setParamTable(layer.paramTable());
    frugal.setBackpropGradientsViewArray(layer.getGradientsViewArray());
    return frugal;
  }

  @Override
  public void clear() {
    super.clear();
    kept = null;
  }

  /** A copy, since an activation function may work in place. */
  @Override
  protected Pair<INDArray, INDArray> preOutputWithPreNorm(
      boolean training, boolean forBackprop, LayerWorkspaceMgr workspaces) {
    if (forBackprop && kept != null) {
      INDArray product = kept;
      kept = null;
      return new Pair<>(product, product);
    }
    Pair<INDArray, INDArray> made = super.preOutputWithPreNorm(training, forBackprop, workspaces);
    kept =
        training && !forBackprop
            ? workspaces.dup(ArrayType.ACTIVATIONS, made.getFirst(), made.getFirst().ordering())
            : null;
    return made;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (place == Place.LATER) {
      return super.backpropGradient(epsilon, workspaces);
    }
    assertInputSet(true);
    INDArray product = preOutputWithPreNorm(true, true, workspaces).getFirst();
    INDArray delta = layerConf().getActivationFn().backprop(product, epsilon).getFirst();
    if (maskArray != null) {
      applyMask(delta);
    }
    Gradient gradient = new DefaultGradient();
    if (hasBias()) {
      INDArray bias = gradientViews.get(DefaultParamInitializer.BIAS_KEY);
      delta.sum(bias, 0);
      gradient.gradientForVariable().put(DefaultParamInitializer.BIAS_KEY, bias);
    }
    INDArray weights = gradientViews.get(DefaultParamInitializer.WEIGHT_KEY);
    Nd4j.gemm(input.castTo(weights.dataType()), delta, weights, true, false, 1, 0);
    gradient.gradientForVariable().put(DefaultParamInitializer.WEIGHT_KEY, weights);
    weightNoiseParams.clear();
    INDArray unread =
        workspaces.create(
            ArrayType.ACTIVATION_GRAD, delta.dataType(), new long[] {input.size(0), input.size(1)});
    return new Pair<>(gradient, backpropDropOutIfPresent(unread));
  }
}
