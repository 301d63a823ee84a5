/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.convolution.Convolution1DLayer;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.util.Convolution1DUtils;
import org.deeplearning4j.util.ConvolutionUtils;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Conv1DDerivative;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv1DConfig;
import org.nd4j.linalg.factory.Broadcast;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Deeplearning4j's convolution over time, with a correct gradient for channels last.
 *
 * <p>Deeplearning4j 1.0.0-M2.1 computes such a layer with channels first and transposes input and
 * output for it. In the backward pass it transposes only the input, and computes the weights'
 * gradient in another order than the weights. Usually ND4J then refuses the shapes; where a layer
 * has as many channels as steps, the gradient is silently wrong. Masks are applied to channels
 * instead of steps.
 *
 * <p>Replaces the layer that it was made from, with the same parameters.
 *
 * <p>Threading: the network's thread.
 */
final class MendedConvolution1D extends Convolution1DLayer {

  private static final long serialVersionUID = 1L;

  MendedConvolution1D(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /** The layer itself, or one with its configuration and parameters that goes right. */
  static Layer insteadOf(Layer layer) {
    if (layer.getClass() != Convolution1DLayer.class
        || ((Convolution1DLayer) layer).layerConf().getRnnDataFormat() != RNNFormat.NWC) {
      return layer;
    }
    MendedConvolution1D mended = new MendedConvolution1D(layer.conf(), layer.params().dataType());
    mended.setListeners(layer.getListeners());
    mended.setIndex(layer.getIndex());
    mended.setParamsViewArray(layer.params());
    mended.setParamTable(layer.paramTable());
    mended.setBackpropGradientsViewArray(layer.getGradientsViewArray());
    return mended;
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaceMgr) {
    INDArray mask = maskArray;
    if (mask == null || layerConf().getRnnDataFormat() != RNNFormat.NWC) {
      return super.activate(training, workspaceMgr);
    }
    maskArray = null;
    INDArray activations = super.activate(training, workspaceMgr);
    maskArray = mask;
    int examples = (int) activations.size(0);
    INDArray reduced = feedForwardMaskArray(mask, MaskState.Active, examples).getFirst();
    return Broadcast.mul(activations, reduced, activations, 0, 1);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
    var layer = layerConf();
    if (layer.getRnnDataFormat() != RNNFormat.NWC || epsilon.rank() != 3) {
      return super.backpropGradient(epsilon, workspaceMgr);
    }
    INDArray beforeActivation = preOutput(true, true, workspaceMgr).getFirst().dup('c');
    INDArray delta =
        layer.getActivationFn().backprop(beforeActivation, epsilon.dup('c')).getFirst();
    INDArray atInput =
        workspaceMgr.createUninitialized(
            ArrayType.ACTIVATION_GRAD,
            dataType,
            new long[] {input.size(0), input.size(2), input.size(1)},
            'c');
    List<INDArray> inputs = new ArrayList<>();
    List<INDArray> outputs = new ArrayList<>();
    inputs.add(input.castTo(dataType).permute(0, 2, 1).dup('c'));
    inputs.add(weights(getParam(ConvolutionParamInitializer.WEIGHT_KEY)));
    outputs.add(atInput);
    INDArray weightGradient = gradientViews.get(ConvolutionParamInitializer.WEIGHT_KEY);
    outputs.add(weights(weightGradient));
    Gradient gradient = new DefaultGradient();
    if (layer.hasBias()) {
      INDArray bias = getParam(ConvolutionParamInitializer.BIAS_KEY);
      inputs.add(bias.reshape(bias.length()));
      INDArray biasGradient = gradientViews.get(ConvolutionParamInitializer.BIAS_KEY);
      outputs.add(biasGradient.reshape(biasGradient.length()));
      gradient.setGradientFor(ConvolutionParamInitializer.BIAS_KEY, biasGradient);
    }
    inputs.add(delta.permute(0, 2, 1).dup('c'));
    ConvolutionMode mode = layer.getConvolutionMode();
    Conv1DConfig config =
        Conv1DConfig.builder()
            .k(layer.getKernelSize()[0])
            .s(layer.getStride()[0])
            .d(layer.getDilation()[0])
            .p(layer.getPadding()[0])
            .dataFormat(Conv1DConfig.NCW)
            .paddingMode(ConvolutionUtils.paddingModeForConvolutionMode(mode))
            .build();
    Nd4j.exec(
        new Conv1DDerivative(
            inputs.toArray(INDArray[]::new), outputs.toArray(INDArray[]::new), config));
    gradient.setGradientFor(ConvolutionParamInitializer.WEIGHT_KEY, weightGradient, 'c');
    weightNoiseParams.clear();
    return new Pair<>(gradient, backpropDropOutIfPresent(atInput.permute(0, 2, 1)));
  }

  /** As the pass forward takes them. */
  private static INDArray weights(INDArray array) {
    return Convolution1DUtils.reshapeWeightArrayOrGradientForFormat(array, RNNFormat.NCW);
  }
}
