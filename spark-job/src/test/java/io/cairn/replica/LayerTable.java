/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.LayerEntry.Maker;
import io.cairn.replica.LayerEntry.Trait;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.Pooling1D;
import org.deeplearning4j.nn.conf.layers.Pooling2D;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling3DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling1D;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.Upsampling3D;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPadding3DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping3D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.misc.RepeatVector;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.util.MaskLayer;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** How each layer of Deeplearning4j that has something before and behind it is tried. */
final class LayerTable {

  private static final ConformanceData[] IMAGES = {
    ConformanceData.IMAGE_NCHW, ConformanceData.IMAGE_NHWC
  };
  private static final ConformanceData[] SEQUENCES = {
    ConformanceData.SEQUENCE_NCW, ConformanceData.SEQUENCE_NWC
  };
  private static final ConformanceData[] VOLUMES = {
    ConformanceData.VOLUME_NCDHW, ConformanceData.VOLUME_NDHWC
  };
  private static final ConformanceData[] FLAT = {ConformanceData.FLAT};
  private static final ConformanceData[] NCW = {ConformanceData.SEQUENCE_NCW};
  private static final ConformanceData[] NWC = {ConformanceData.SEQUENCE_NWC};
  private static final ConvolutionMode SAME = ConvolutionMode.Same;

  private final List<LayerEntry> entries = new ArrayList<>();

  private LayerTable() {}

  static List<LayerEntry> entries() {
    LayerTable table = new LayerTable();
    table.convolutions();
    table.poolingAndShape();
    table.dense();
    table.sequences();
    table.wrappers();
    table.outputs();
    return List.copyOf(table.entries);
  }

  private void add(Class<?> type, ConformanceData[] data, Maker maker, Trait... traits) {
    add(type, "", data, maker, traits);
  }

  private void add(
      Class<?> type, String suffix, ConformanceData[] data, Maker maker, Trait... traits) {
    Set<Trait> set = EnumSet.noneOf(Trait.class);
    set.addAll(List.of(traits));
    entries.add(new LayerEntry(type.getSimpleName() + suffix, type, Set.of(data), maker, set));
  }

  /** Convolution1D and 2D are second names: their builders make the layers of the first. */
  private void convolutions() {
    add(
        ConvolutionLayer.class,
        IMAGES,
        (d, a) ->
            new ConvolutionLayer.Builder(3, 2)
                .convolutionMode(SAME)
                .dataFormat(d.image())
                .nOut(3)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        ConvolutionLayer.class,
        " strided, padded, without bias",
        IMAGES,
        (d, a) ->
            new ConvolutionLayer.Builder(2, 3)
                .stride(2, 1)
                .padding(1, 1)
                .hasBias(false)
                .dataFormat(d.image())
                .nOut(3)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        ConvolutionLayer.class,
        " dilated",
        IMAGES,
        (d, a) ->
            new ConvolutionLayer.Builder(2, 2)
                .dilation(2, 1)
                .dataFormat(d.image())
                .nOut(2)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        Convolution2D.class,
        IMAGES,
        (d, a) -> new ConvolutionLayer.Builder(2, 2).dataFormat(d.image()).nOut(4).build());
    add(
        Deconvolution2D.class,
        " dilated",
        IMAGES,
        (d, a) ->
            new Deconvolution2D.Builder(2, 2)
                .dilation(2, 1)
                .dataFormat(d.image())
                .nOut(3)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        Deconvolution2D.class,
        IMAGES,
        (d, a) ->
            new Deconvolution2D.Builder(2, 2).dataFormat(d.image()).nOut(3).activation(a).build(),
        Trait.ACTIVATION);
    add(
        DepthwiseConvolution2D.class,
        " dilated",
        IMAGES,
        (d, a) ->
            new DepthwiseConvolution2D.Builder(2, 2)
                .dilation(2, 1)
                .dataFormat(d.image())
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        DepthwiseConvolution2D.class,
        IMAGES,
        (d, a) ->
            new DepthwiseConvolution2D.Builder(2, 2)
                .depthMultiplier(2)
                .dataFormat(d.image())
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        SeparableConvolution2D.class,
        " dilated",
        IMAGES,
        (d, a) ->
            new SeparableConvolution2D.Builder(2, 2)
                .dilation(2, 1)
                .dataFormat(d.image())
                .nOut(3)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        SeparableConvolution2D.class,
        IMAGES,
        (d, a) ->
            new SeparableConvolution2D.Builder(2, 2)
                .depthMultiplier(2)
                .dataFormat(d.image())
                .nOut(3)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        Convolution1DLayer.class,
        SEQUENCES,
        (d, a) ->
            new Convolution1DLayer.Builder(2)
                .convolutionMode(SAME)
                .rnnDataFormat(d.sequence())
                .nOut(4)
                .activation(a)
                .build(),
        Trait.ACTIVATION,
        Trait.MASKS);
    for (ConvolutionMode mode : List.of(SAME, ConvolutionMode.Causal)) {
      for (int dilation : List.of(2, 3)) {
        add(
            Convolution1DLayer.class,
            " dilated by " + dilation + ", " + mode,
            SEQUENCES,
            (d, a) ->
                new Convolution1DLayer.Builder(2)
                    .dilation(dilation)
                    .convolutionMode(mode)
                    .rnnDataFormat(d.sequence())
                    .nOut(4)
                    .activation(a)
                    .build(),
            Trait.ACTIVATION,
            Trait.MASKS);
      }
    }
    add(
        Convolution1DLayer.class,
        " dilated, strict, strided, without bias",
        SEQUENCES,
        (d, a) ->
            new Convolution1DLayer.Builder(2, 2)
                .dilation(2)
                .convolutionMode(ConvolutionMode.Strict)
                .hasBias(false)
                .rnnDataFormat(d.sequence())
                .nOut(4)
                .activation(a)
                .build(),
        Trait.ACTIVATION,
        Trait.ONCE);
    add(
        Convolution1D.class,
        SEQUENCES,
        (d, a) -> new Convolution1DLayer.Builder(2, 2).rnnDataFormat(d.sequence()).nOut(3).build(),
        Trait.ONCE);
    add(
        Convolution3D.class,
        " dilated",
        VOLUMES,
        (d, a) ->
            new Convolution3D.Builder(2, 2, 2)
                .dilation(2, 1, 1)
                .convolutionMode(SAME)
                .dataFormat(d.volume())
                .nOut(3)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        Convolution3D.class,
        VOLUMES,
        (d, a) ->
            new Convolution3D.Builder(2, 2, 2)
                .convolutionMode(SAME)
                .dataFormat(d.volume())
                .nOut(3)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        Deconvolution3D.class,
        " dilated",
        VOLUMES,
        (d, a) ->
            new Deconvolution3D.Builder()
                .kernelSize(2, 2, 2)
                .dilation(2, 2, 2)
                .dataFormat(d.volume())
                .nOut(2)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        Deconvolution3D.class,
        VOLUMES,
        (d, a) ->
            new Deconvolution3D.Builder()
                .kernelSize(2, 2, 2)
                .dataFormat(d.volume())
                .nOut(2)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
  }

  private void poolingAndShape() {
    for (PoolingType type : List.of(PoolingType.MAX, PoolingType.AVG, PoolingType.PNORM)) {
      String name = " " + type.name().toLowerCase(java.util.Locale.ROOT);
      add(
          SubsamplingLayer.class,
          name,
          IMAGES,
          (d, a) ->
              new SubsamplingLayer.Builder(type)
                  .kernelSize(2, 3)
                  .stride(1, 1)
                  .pnorm(2)
                  .convolutionMode(SAME)
                  .dataFormat(d.image())
                  .build());
      add(
          Subsampling1DLayer.class,
          name,
          NCW,
          (d, a) ->
              new Subsampling1DLayer.Builder(2, 1)
                  .poolingType(type)
                  .pnorm(2)
                  .convolutionMode(SAME)
                  .dataFormat(d.image())
                  .build());
      if (type != PoolingType.PNORM) {
        add(
            Subsampling3DLayer.class,
            name,
            VOLUMES,
            (d, a) ->
                new Subsampling3DLayer.Builder(type)
                    .kernelSize(2, 2, 2)
                    .stride(1, 1, 1)
                    .convolutionMode(SAME)
                    .dataFormat(d.volume())
                    .build());
      }
      add(
          GlobalPoolingLayer.class,
          name + " of images",
          IMAGES,
          (d, a) -> new GlobalPoolingLayer.Builder(type).pnorm(2).build(),
          Trait.ONCE);
      add(
          GlobalPoolingLayer.class,
          name + " of sequences",
          NCW,
          (d, a) -> new GlobalPoolingLayer.Builder(type).pnorm(2).build(),
          Trait.MASKS,
          Trait.FLATTENS,
          Trait.ONCE);
      add(
          GlobalPoolingLayer.class,
          name + " of sequences, channels last",
          NWC,
          (d, a) -> new GlobalPoolingLayer.Builder(type).pnorm(2).poolingDimensions(1).build(),
          Trait.FLATTENS,
          Trait.ONCE);
    }
    add(
        SubsamplingLayer.class,
        " padded, with the padding counted",
        IMAGES,
        (d, a) ->
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG)
                .kernelSize(2, 2)
                .stride(2, 2)
                .padding(1, 1)
                .avgPoolIncludePadInDivisor(true)
                .dataFormat(d.image())
                .build());
    add(
        Pooling2D.class,
        IMAGES,
        (d, a) ->
            new SubsamplingLayer.Builder(2, 2)
                .stride(1, 1)
                .padding(1, 0)
                .dataFormat(d.image())
                .build());
    for (PoolingType type : List.of(PoolingType.MAX, PoolingType.AVG)) {
      add(
          SubsamplingLayer.class,
          " dilated, " + type.name().toLowerCase(java.util.Locale.ROOT),
          IMAGES,
          (d, a) ->
              new SubsamplingLayer.Builder(type)
                  .kernelSize(2, 2)
                  .stride(1, 1)
                  .dilation(2, 1)
                  .dataFormat(d.image())
                  .build());
      add(
          Subsampling3DLayer.class,
          " dilated, " + type.name().toLowerCase(java.util.Locale.ROOT),
          VOLUMES,
          (d, a) ->
              new Subsampling3DLayer.Builder(type)
                  .kernelSize(2, 2, 2)
                  .stride(1, 1, 1)
                  .dilation(2, 1, 1)
                  .convolutionMode(SAME)
                  .dataFormat(d.volume())
                  .build());
    }
    add(
        Pooling1D.class,
        NCW,
        (d, a) -> new Subsampling1DLayer.Builder(2, 1).dataFormat(d.image()).build());
    add(Upsampling1D.class, NCW, (d, a) -> new Upsampling1D.Builder(2).build());
    add(
        Upsampling2D.class,
        IMAGES,
        (d, a) -> new Upsampling2D.Builder(2).dataFormat(d.image()).build());
    add(
        Upsampling3D.class,
        VOLUMES,
        (d, a) -> new Upsampling3D.Builder(2).dataFormat(d.volume()).build(),
        Trait.ONCE);
    add(ZeroPadding1DLayer.class, NCW, (d, a) -> new ZeroPadding1DLayer.Builder(1, 2).build());
    add(
        ZeroPaddingLayer.class,
        IMAGES,
        (d, a) -> new ZeroPaddingLayer.Builder(1, 2).dataFormat(d.image()).build());
    add(
        ZeroPadding3DLayer.class,
        new ConformanceData[] {ConformanceData.VOLUME_NCDHW},
        (d, a) -> new ZeroPadding3DLayer.Builder(1, 0, 1).build());
    add(Cropping1D.class, NCW, (d, a) -> new Cropping1D.Builder(1, 0).build());
    add(
        Cropping2D.class,
        IMAGES,
        (d, a) -> new Cropping2D.Builder(1, 1).dataFormat(d.image()).build(),
        Trait.ONCE);
    add(
        Cropping3D.class,
        new ConformanceData[] {ConformanceData.VOLUME_NCDHW},
        (d, a) -> new Cropping3D.Builder(1, 0, 1).build(),
        Trait.ONCE);
    add(
        SpaceToDepthLayer.class,
        IMAGES,
        (d, a) -> new SpaceToDepthLayer.Builder<>(2, d.image()).build(),
        Trait.ONCE);
    add(
        LocalResponseNormalization.class,
        IMAGES,
        (d, a) -> new LocalResponseNormalization.Builder().dataFormat(d.image()).build());
  }

  private void dense() {
    add(
        DenseLayer.class,
        FLAT,
        (d, a) -> new DenseLayer.Builder().nOut(5).activation(a).build(),
        Trait.ACTIVATION);
    add(
        DenseLayer.class,
        " with layer normalization",
        FLAT,
        (d, a) -> new DenseLayer.Builder().nOut(5).hasLayerNorm(true).activation(a).build(),
        Trait.ACTIVATION);
    add(
        AutoEncoder.class,
        FLAT,
        (d, a) -> new AutoEncoder.Builder().nOut(4).activation(a).build(),
        Trait.ACTIVATION);
    add(
        VariationalAutoencoder.class,
        FLAT,
        (d, a) ->
            new VariationalAutoencoder.Builder()
                .nOut(4)
                .encoderLayerSizes(5)
                .decoderLayerSizes(5)
                .activation(a)
                .build(),
        Trait.ACTIVATION);
    add(
        ElementWiseMultiplicationLayer.class,
        FLAT,
        (d, a) -> new ElementWiseMultiplicationLayer.Builder().nOut(5).activation(a).build(),
        Trait.ACTIVATION);
    add(
        EmbeddingLayer.class,
        new ConformanceData[] {ConformanceData.TOKEN},
        (d, a) ->
            new EmbeddingLayer.Builder()
                .nIn(ConformanceData.TOKEN_KINDS)
                .nOut(4)
                .hasBias(true)
                .activation(a)
                .build(),
        Trait.ACTIVATION,
        Trait.ONCE);
    for (RNNFormat format : RNNFormat.values()) {
      add(
          EmbeddingSequenceLayer.class,
          " " + format,
          new ConformanceData[] {ConformanceData.TOKENS},
          (d, a) ->
              new EmbeddingSequenceLayer.Builder()
                  .nIn(ConformanceData.TOKEN_KINDS)
                  .nOut(4)
                  .inputLength(5)
                  .outputDataFormat(format)
                  .build(),
          Trait.ONCE);
    }
    ConformanceData[] normalized = {
      ConformanceData.FLAT,
      ConformanceData.IMAGE_NCHW,
      ConformanceData.IMAGE_NHWC,
      ConformanceData.SEQUENCE_NWC
    };
    add(
        BatchNormalization.class,
        normalized,
        (d, a) -> new BatchNormalization.Builder().dataFormat(d.image()).build(),
        Trait.STATISTICS);
    add(
        BatchNormalization.class,
        " by the logarithm, channels last",
        new ConformanceData[] {
          ConformanceData.FLAT, ConformanceData.IMAGE_NHWC, ConformanceData.SEQUENCE_NWC
        },
        (d, a) ->
            new BatchNormalization.Builder().useLogStd(true).dataFormat(CNN2DFormat.NHWC).build(),
        Trait.STATISTICS);
    add(
        BatchNormalization.class,
        " with fixed gamma and beta",
        new ConformanceData[] {ConformanceData.FLAT, ConformanceData.IMAGE_NCHW},
        (d, a) -> new BatchNormalization.Builder(2, 0.5, true).dataFormat(d.image()).build(),
        Trait.STATISTICS,
        Trait.ONCE);
    for (ConformanceData[] data : List.of(FLAT, IMAGES, SEQUENCES, VOLUMES)) {
      add(
          ActivationLayer.class,
          " " + data[0],
          data,
          (d, a) -> new ActivationLayer(a),
          Trait.ACTIVATION);
      add(DropoutLayer.class, " " + data[0], data, (d, a) -> new DropoutLayer(0.6), Trait.NOISE);
    }
    for (ConformanceData data : List.of(FLAT[0], IMAGES[0], IMAGES[1], NCW[0])) {
      long[] shape = data.features().shape();
      add(
          PReLULayer.class,
          " " + data,
          new ConformanceData[] {data},
          (d, a) ->
              new PReLULayer.Builder()
                  .inputShape(java.util.Arrays.copyOfRange(shape, 1, shape.length))
                  .build());
    }
    for (RNNFormat format : RNNFormat.values()) {
      add(
          RepeatVector.class,
          " " + format,
          FLAT,
          (d, a) -> new RepeatVector.Builder<>(3).dataFormat(format).build(),
          Trait.ONCE);
    }
  }

  @SuppressWarnings("deprecation") // Older models have the Graves LSTMs.
  private void sequences() {
    add(
        LSTM.class,
        SEQUENCES,
        (d, a) -> new LSTM.Builder().nOut(4).dataFormat(d.sequence()).activation(a).build(),
        Trait.ACTIVATION,
        Trait.MASKS);
    add(
        GravesLSTM.class,
        SEQUENCES,
        (d, a) -> new GravesLSTM.Builder().nOut(4).dataFormat(d.sequence()).activation(a).build(),
        Trait.ACTIVATION,
        Trait.MASKS);
    add(
        GravesBidirectionalLSTM.class,
        SEQUENCES,
        (d, a) ->
            new GravesBidirectionalLSTM.Builder()
                .nOut(4)
                .dataFormat(d.sequence())
                .activation(a)
                .build(),
        Trait.ACTIVATION,
        Trait.MASKS);
    // SimpleRnn with layer normalization is not here: Deeplearning4j fails in its forward pass.
    add(
        SimpleRnn.class,
        SEQUENCES,
        (d, a) -> new SimpleRnn.Builder().nOut(4).dataFormat(d.sequence()).activation(a).build(),
        Trait.ACTIVATION,
        Trait.MASKS);
  }

  private void wrappers() {
    for (Bidirectional.Mode mode : Bidirectional.Mode.values()) {
      add(
          Bidirectional.class,
          " " + mode,
          SEQUENCES,
          (d, a) ->
              new Bidirectional(mode, new LSTM.Builder().nOut(4).dataFormat(d.sequence()).build()),
          Trait.MASKS);
    }
    // Without masks: with them DL4J hands the last step on as float32 in a float64 network, too
    // coarse for differences of the loss.
    add(
        LastTimeStep.class,
        SEQUENCES,
        (d, a) -> new LastTimeStep(new LSTM.Builder().nOut(4).dataFormat(d.sequence()).build()),
        Trait.ONCE);
    // Open: with masks DL4J lays the mask over other rows than it belongs to, so that halves do not
    // add up.
    add(
        TimeDistributed.class,
        SEQUENCES,
        (d, a) ->
            new TimeDistributed(
                new DenseLayer.Builder().nOut(4).activation(a).build(), d.sequence()),
        Trait.ACTIVATION);
    // Not behind RELU alone, whose zeros it takes for masks: the loss jumps there.
    add(
        MaskZeroLayer.class,
        NWC,
        (d, a) ->
            new MaskZeroLayer(new LSTM.Builder().nOut(4).dataFormat(d.sequence()).build(), 0));
    add(MaskLayer.class, NCW, (d, a) -> new MaskLayer(), Trait.MASKS);
    add(
        FrozenLayer.class,
        IMAGES,
        (d, a) ->
            new FrozenLayer(
                new ConvolutionLayer.Builder(2, 2).dataFormat(d.image()).nOut(3).build()),
        Trait.FROZEN,
        Trait.ONCE);
    add(
        FrozenLayerWithBackprop.class,
        IMAGES,
        (d, a) ->
            new FrozenLayerWithBackprop(
                new ConvolutionLayer.Builder(2, 2)
                    .dataFormat(d.image())
                    .nOut(3)
                    .activation(Activation.RELU)
                    .build()),
        Trait.FROZEN);
  }

  private void outputs() {
    output(LossFunction.MCXENT, Activation.SOFTMAX, Trait.ONE_HOT);
    output(LossFunction.XENT, Activation.SIGMOID, Trait.BINARY);
    output(LossFunction.MSE, Activation.SOFTMAX, Trait.OUTPUT);
    output(LossFunction.MSE, Activation.IDENTITY, Trait.OUTPUT);
    output(LossFunction.L1, Activation.TANH, Trait.OUTPUT);
    add(
        CenterLossOutputLayer.class,
        FLAT,
        (d, a) ->
            new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(3)
                .lambda(0.1)
                .activation(Activation.SOFTMAX)
                .build(),
        Trait.OUTPUT,
        Trait.ONCE,
        Trait.ONE_HOT,
        Trait.STATISTICS);
  }

  private void output(LossFunction loss, Activation own, Trait labels) {
    String name = " " + loss + " " + own;
    add(
        OutputLayer.class,
        name,
        FLAT,
        (d, a) -> new OutputLayer.Builder(loss).nOut(3).activation(own).build(),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
    add(
        LossLayer.class,
        name,
        FLAT,
        (d, a) -> new LossLayer.Builder(loss).activation(own).build(),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
    add(
        RnnOutputLayer.class,
        name,
        SEQUENCES,
        (d, a) ->
            new RnnOutputLayer.Builder(loss)
                .nOut(3)
                .dataFormat(d.sequence())
                .activation(own)
                .build(),
        Trait.OUTPUT,
        Trait.ONCE,
        Trait.MASKS,
        labels);
    add(
        RnnLossLayer.class,
        name,
        NCW,
        (d, a) -> new RnnLossLayer.Builder(loss).dataFormat(d.sequence()).activation(own).build(),
        Trait.OUTPUT,
        Trait.ONCE,
        Trait.MASKS,
        labels);
    add(
        CnnLossLayer.class,
        name,
        new ConformanceData[] {ConformanceData.IMAGE_NCHW},
        (d, a) -> new CnnLossLayer.Builder(loss).format(d.image()).activation(own).build(),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
    add(
        Cnn3DLossLayer.class,
        name,
        VOLUMES,
        (d, a) -> new Cnn3DLossLayer.Builder(d.volume()).lossFunction(loss).activation(own).build(),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
  }
}
