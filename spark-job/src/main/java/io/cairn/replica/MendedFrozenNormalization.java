/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Frozen batch normalization with trained layers below it: on the way there it multiplies by fixed
 * numbers, so on the way back it does so too.
 *
 * <p>Deeplearning4j 1.0.0-M2.1 goes back as if it had normalized by the statistics of the pass,
 * which it has not computed, and ends in an exception or in numbers of another pass.
 *
 * <p>Replaces the layer that it was made from.
 *
 * <p>Threading: the network's thread.
 */
final class MendedFrozenNormalization extends FrozenLayerWithBackprop {

  private static final long serialVersionUID = 1L;

  private final BatchNormalization normalization;

  private MendedFrozenNormalization(BatchNormalization normalization) {
    super(normalization);
    this.normalization = normalization;
  }

  /** The layer itself, or one that goes right. */
  static Layer insteadOf(Layer layer) {
    return layer instanceof FrozenLayerWithBackprop frozen
            && frozen.getInsideLayer() instanceof BatchNormalization normalization
        ? new MendedFrozenNormalization(normalization)
        : layer;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
    INDArray atInput =
        workspaceMgr.createUninitialized(
            ArrayType.ACTIVATION_GRAD, epsilon.dataType(), epsilon.shape(), 'c');
    // A copy in order: ND4J's broadcast reads some views wrongly.
    Nd4j.getExecutioner()
        .exec(new BroadcastMulOp(epsilon.dup('c'), factors(), atInput, channels(epsilon)));
    return new Pair<>(new DefaultGradient(), atInput);
  }

  /** Which dimension the channels are; of a dense layer's output the last of two. */
  private int channels(INDArray epsilon) {
    boolean channelsLast = normalization.layerConf().getCnn2DFormat() == CNN2DFormat.NHWC;
    boolean behindDense = epsilon.rank() == 4 && epsilon.size(2) == 1 && epsilon.size(3) == 1;
    return channelsLast && !behindDense ? epsilon.rank() - 1 : 1;
  }

  private INDArray factors() {
    INDArray variance;
    if (normalization.layerConf().isUseLogStd()) {
      INDArray logs = normalization.getParam(BatchNormalizationParamInitializer.GLOBAL_LOG_STD);
      variance = Transforms.exp(logs.mul(2 * Math.log(10)), false);
    } else {
      variance = normalization.getParam(BatchNormalizationParamInitializer.GLOBAL_VAR).dup();
    }
    INDArray deviation = Transforms.sqrt(variance.addi(normalization.layerConf().getEps()), false);
    INDArray factors =
        normalization.layerConf().isLockGammaBeta()
            ? deviation.rdivi(normalization.layerConf().getGamma())
            : normalization.getParam(BatchNormalizationParamInitializer.GAMMA).div(deviation);
    return factors.reshape(factors.length());
  }
}
