/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.lang.reflect.Field;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;
import org.deeplearning4j.nn.layers.recurrent.FwdPassReturn;
import org.deeplearning4j.nn.layers.recurrent.LSTM;
import org.deeplearning4j.nn.layers.recurrent.LSTMHelpers;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.params.LSTMParamInitializer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Deeplearning4j's LSTM, with a correct gradient for sequences with masked steps.
 *
 * <p>Deeplearning4j 1.0.0-M2.1 uses the mask in the forward pass but not in the backward pass:
 * masked steps count in the gradients of all weights. That is wrong where masked steps come before
 * others (as padding does for the backward half of a bidirectional layer), and where an error
 * reaches a masked step. Without a mask nothing is changed. If masked steps lie between others, the
 * gradient is still not that of the loss; {@link MendedMaskZeroLayer} moves those steps away.
 *
 * <p>Replaces the layer that it was made from, with the same parameters.
 *
 * <p>Threading: the network's thread.
 */
final class MendedLstm extends LSTM {

  private static final long serialVersionUID = 1L;

  private MendedLstm(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /**
   * The layer itself, or one with its configuration and parameters that goes right; also within
   * wrappers and bidirectional layers.
   */
  static Layer insteadOf(Layer layer) {
    if (layer.getClass() == LSTM.class) {
      return of((LSTM) layer);
    }
    if (layer instanceof BaseWrapperLayer wrapper) {
      wrapper.setUnderlying(insteadOf(wrapper.getUnderlying()));
    } else if (layer instanceof BidirectionalLayer both) {
      replaceIn(both, "fwd");
      replaceIn(both, "bwd");
    }
    return layer;
  }

  private static MendedLstm of(LSTM layer) {
    MendedLstm mended = new MendedLstm(layer.conf(), layer.params().dataType());
    mended.setListeners(layer.getListeners());
    mended.setIndex(layer.getIndex());
    mended.setParamsViewArray(layer.params());
    mended.setParamTable(layer.paramTable());
    if (layer.getGradientsViewArray() != null) {
      mended.setBackpropGradientsViewArray(layer.getGradientsViewArray());
    }
    // Dropout then takes an array of its own, whoever else reads the input.
    mended.allowInputModification(false);
    return mended;
  }

  private static void replaceIn(BidirectionalLayer both, String direction) {
    try {
      Field field = BidirectionalLayer.class.getDeclaredField(direction);
      field.setAccessible(true);
      field.set(both, insteadOf((Layer) field.get(both)));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a direction of a layer is out of reach", e);
    }
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaceMgr) {
    if (maskArray != null) {
      // cuDNN's does not look at masks.
      helper = null;
    }
    return super.activate(training, workspaceMgr);
  }

  @Override
  public INDArray activate(INDArray input, boolean training, LayerWorkspaceMgr workspaceMgr) {
    setInput(input, workspaceMgr);
    return activate(training, workspaceMgr);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
    if (maskArray == null) {
      return super.backpropGradient(epsilon, workspaceMgr);
    }
    assertInputSet(true);
    String inputKey = LSTMParamInitializer.INPUT_WEIGHT_KEY;
    String recurrentKey = LSTMParamInitializer.RECURRENT_WEIGHT_KEY;
    String biasKey = LSTMParamInitializer.BIAS_KEY;
    INDArray inputWeights = getParamWithNoise(inputKey, true, workspaceMgr);
    INDArray recurrentWeights = getParamWithNoise(recurrentKey, true, workspaceMgr);
    INDArray biases = getParamWithNoise(biasKey, true, workspaceMgr);
    INDArray from = permuteIfNWC(input);
    FwdPassReturn forward =
        LSTMHelpers.activateHelper(
            this,
            conf,
            layerConf().getGateActivationFn(),
            from,
            recurrentWeights,
            inputWeights,
            biases,
            true,
            null,
            null,
            true,
            true,
            inputKey,
            maskArray,
            false,
            null,
            CacheMode.NONE,
            workspaceMgr,
            layerConf().isHelperAllowFallback());
    Pair<Gradient, INDArray> result =
        LSTMHelpers.backpropGradientHelper(
            this,
            conf,
            layerConf().getGateActivationFn(),
            from,
            recurrentWeights,
            inputWeights,
            permuteIfNWC(withoutMasked(epsilon)),
            false,
            -1,
            forward,
            true,
            inputKey,
            recurrentKey,
            biasKey,
            gradientViews,
            maskArray.castTo(recurrentWeights.dataType()),
            false,
            null,
            workspaceMgr,
            layerConf().isHelperAllowFallback());
    weightNoiseParams.clear();
    result.setSecond(permuteIfNWC(backpropDropOutIfPresent(result.getSecond())));
    return result;
  }

  /** The error without that of masked steps, at which the output is 0 whatever is computed. */
  private INDArray withoutMasked(INDArray epsilon) {
    int steps = layerConf().getRnnDataFormat() == RNNFormat.NWC ? 1 : 2;
    INDArray mask = maskArray.castTo(epsilon.dataType());
    INDArray rest = epsilon.dup();
    return Nd4j.getExecutioner().exec(new BroadcastMulOp(epsilon, mask, rest, 0, steps));
  }
}
