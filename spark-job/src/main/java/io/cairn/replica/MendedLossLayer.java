/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.LossLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Deeplearning4j's loss layer, with the correct loss.
 *
 * <p>Deeplearning4j 1.0.0-M2.1 computes the gradient of the activation in the layer's own input,
 * and computes the loss afterwards, from the input that has been overwritten.
 *
 * <p>Replaces the layer that it was made from.
 *
 * <p>Threading: the network's thread.
 */
final class MendedLossLayer extends LossLayer {

  private static final long serialVersionUID = 1L;

  MendedLossLayer(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /** The layer itself, or one with its configuration that goes right. */
  static Layer insteadOf(Layer layer, DataType type) {
    if (layer.getClass() != LossLayer.class) {
      return layer;
    }
    MendedLossLayer mended = new MendedLossLayer(layer.conf(), type);
    mended.setListeners(layer.getListeners());
    mended.setIndex(layer.getIndex());
    mended.setParamTable(layer.paramTable());
    return mended;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
    INDArray given = input;
    input = given.dup();
    try {
      return super.backpropGradient(epsilon, workspaceMgr);
    } finally {
      input = given;
    }
  }
}
