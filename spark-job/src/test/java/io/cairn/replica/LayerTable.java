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
import org.deeplearning4j.nn.conf.layers.BaseLayer;
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
import org.deeplearning4j.nn.conf.layers.Layer;
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

  /** Says all of a layer but its activation. */
  @FunctionalInterface
  private interface Built {
    Layer.Builder<?> builder(ConformanceData data);
  }

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

  private void add(Class<?> type, ConformanceData[] data, Built built, Trait... traits) {
    add(type, "", data, built, traits);
  }

  private void add(
      Class<?> type, String suffix, ConformanceData[] data, Built built, Trait... traits) {
    boolean hasActivation = List.of(traits).contains(Trait.ACTIVATION);
    Maker maker =
        (d, a) -> {
          Layer.Builder<?> builder = built.builder(d);
          if (hasActivation) {
            ((BaseLayer.Builder<?>) builder).activation(a);
          }
          return builder.build();
        };
    add(type, suffix, data, maker, traits);
  }

  /** Convolution1D and 2D are second names: their builders make the layers of the first. */
  private void convolutions() {
    add(
        ConvolutionLayer.class,
        IMAGES,
        d -> new ConvolutionLayer.Builder(3, 2).convolutionMode(SAME).dataFormat(d.image()).nOut(3),
        Trait.ACTIVATION);
    add(
        ConvolutionLayer.class,
        " strided, padded, without bias",
        IMAGES,
        d ->
            new ConvolutionLayer.Builder(2, 3)
                .stride(2, 1)
                .padding(1, 1)
                .hasBias(false)
                .dataFormat(d.image())
                .nOut(3),
        Trait.ACTIVATION);
    add(
        ConvolutionLayer.class,
        " dilated",
        IMAGES,
        d -> new ConvolutionLayer.Builder(2, 2).dilation(2, 1).dataFormat(d.image()).nOut(2),
        Trait.ACTIVATION);
    add(
        Convolution2D.class,
        IMAGES,
        d -> new ConvolutionLayer.Builder(2, 2).dataFormat(d.image()).nOut(4));
    add(
        Deconvolution2D.class,
        " dilated",
        IMAGES,
        d -> new Deconvolution2D.Builder(2, 2).dilation(2, 1).dataFormat(d.image()).nOut(3),
        Trait.ACTIVATION);
    add(
        Deconvolution2D.class,
        IMAGES,
        d -> new Deconvolution2D.Builder(2, 2).dataFormat(d.image()).nOut(3),
        Trait.ACTIVATION);
    add(
        DepthwiseConvolution2D.class,
        " dilated",
        IMAGES,
        d -> new DepthwiseConvolution2D.Builder(2, 2).dilation(2, 1).dataFormat(d.image()),
        Trait.ACTIVATION);
    add(
        DepthwiseConvolution2D.class,
        IMAGES,
        d -> new DepthwiseConvolution2D.Builder(2, 2).depthMultiplier(2).dataFormat(d.image()),
        Trait.ACTIVATION);
    add(
        SeparableConvolution2D.class,
        " dilated",
        IMAGES,
        d -> new SeparableConvolution2D.Builder(2, 2).dilation(2, 1).dataFormat(d.image()).nOut(3),
        Trait.ACTIVATION);
    add(
        SeparableConvolution2D.class,
        IMAGES,
        d ->
            new SeparableConvolution2D.Builder(2, 2)
                .depthMultiplier(2)
                .dataFormat(d.image())
                .nOut(3),
        Trait.ACTIVATION);
    add(
        Convolution1DLayer.class,
        SEQUENCES,
        d ->
            new Convolution1DLayer.Builder(2)
                .convolutionMode(SAME)
                .rnnDataFormat(d.sequence())
                .nOut(4),
        Trait.ACTIVATION,
        Trait.MASKS);
    for (ConvolutionMode mode : List.of(SAME, ConvolutionMode.Causal)) {
      for (int dilation : List.of(2, 3)) {
        add(
            Convolution1DLayer.class,
            " dilated by " + dilation + ", " + mode,
            SEQUENCES,
            d ->
                new Convolution1DLayer.Builder(2)
                    .dilation(dilation)
                    .convolutionMode(mode)
                    .rnnDataFormat(d.sequence())
                    .nOut(4),
            Trait.ACTIVATION,
            Trait.MASKS);
      }
    }
    add(
        Convolution1DLayer.class,
        " dilated, strict, strided, without bias",
        SEQUENCES,
        d ->
            new Convolution1DLayer.Builder(2, 2)
                .dilation(2)
                .convolutionMode(ConvolutionMode.Strict)
                .hasBias(false)
                .rnnDataFormat(d.sequence())
                .nOut(4),
        Trait.ACTIVATION,
        Trait.ONCE);
    add(
        Convolution1D.class,
        SEQUENCES,
        d -> new Convolution1DLayer.Builder(2, 2).rnnDataFormat(d.sequence()).nOut(3),
        Trait.ONCE);
    add(
        Convolution3D.class,
        " dilated",
        VOLUMES,
        d ->
            new Convolution3D.Builder(2, 2, 2)
                .dilation(2, 1, 1)
                .convolutionMode(SAME)
                .dataFormat(d.volume())
                .nOut(3),
        Trait.ACTIVATION);
    add(
        Convolution3D.class,
        VOLUMES,
        d ->
            new Convolution3D.Builder(2, 2, 2).convolutionMode(SAME).dataFormat(d.volume()).nOut(3),
        Trait.ACTIVATION);
    add(
        Deconvolution3D.class,
        " dilated",
        VOLUMES,
        d ->
            new Deconvolution3D.Builder()
                .kernelSize(2, 2, 2)
                .dilation(2, 2, 2)
                .dataFormat(d.volume())
                .nOut(2),
        Trait.ACTIVATION);
    add(
        Deconvolution3D.class,
        VOLUMES,
        d -> new Deconvolution3D.Builder().kernelSize(2, 2, 2).dataFormat(d.volume()).nOut(2),
        Trait.ACTIVATION);
  }

  private void poolingAndShape() {
    for (PoolingType type : List.of(PoolingType.MAX, PoolingType.AVG, PoolingType.PNORM)) {
      String name = " " + type.name().toLowerCase(java.util.Locale.ROOT);
      add(
          SubsamplingLayer.class,
          name,
          IMAGES,
          d ->
              new SubsamplingLayer.Builder(type)
                  .kernelSize(2, 3)
                  .stride(1, 1)
                  .pnorm(2)
                  .convolutionMode(SAME)
                  .dataFormat(d.image()));
      add(
          Subsampling1DLayer.class,
          name,
          NCW,
          d ->
              new Subsampling1DLayer.Builder(2, 1)
                  .poolingType(type)
                  .pnorm(2)
                  .convolutionMode(SAME)
                  .dataFormat(d.image()));
      if (type != PoolingType.PNORM) {
        add(
            Subsampling3DLayer.class,
            name,
            VOLUMES,
            d ->
                new Subsampling3DLayer.Builder(type)
                    .kernelSize(2, 2, 2)
                    .stride(1, 1, 1)
                    .convolutionMode(SAME)
                    .dataFormat(d.volume()));
      }
      add(
          GlobalPoolingLayer.class,
          name + " of images",
          IMAGES,
          d -> new GlobalPoolingLayer.Builder(type).pnorm(2),
          Trait.ONCE);
      add(
          GlobalPoolingLayer.class,
          name + " of sequences",
          NCW,
          d -> new GlobalPoolingLayer.Builder(type).pnorm(2),
          Trait.MASKS,
          Trait.FLATTENS,
          Trait.ONCE);
      add(
          GlobalPoolingLayer.class,
          name + " of sequences, channels last",
          NWC,
          d -> new GlobalPoolingLayer.Builder(type).pnorm(2).poolingDimensions(1),
          Trait.FLATTENS,
          Trait.ONCE);
    }
    add(
        SubsamplingLayer.class,
        " padded, with the padding counted",
        IMAGES,
        d ->
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG)
                .kernelSize(2, 2)
                .stride(2, 2)
                .padding(1, 1)
                .avgPoolIncludePadInDivisor(true)
                .dataFormat(d.image()));
    add(
        Pooling2D.class,
        IMAGES,
        d -> new SubsamplingLayer.Builder(2, 2).stride(1, 1).padding(1, 0).dataFormat(d.image()));
    for (PoolingType type : List.of(PoolingType.MAX, PoolingType.AVG)) {
      add(
          SubsamplingLayer.class,
          " dilated, " + type.name().toLowerCase(java.util.Locale.ROOT),
          IMAGES,
          d ->
              new SubsamplingLayer.Builder(type)
                  .kernelSize(2, 2)
                  .stride(1, 1)
                  .dilation(2, 1)
                  .dataFormat(d.image()));
      add(
          Subsampling3DLayer.class,
          " dilated, " + type.name().toLowerCase(java.util.Locale.ROOT),
          VOLUMES,
          d ->
              new Subsampling3DLayer.Builder(type)
                  .kernelSize(2, 2, 2)
                  .stride(1, 1, 1)
                  .dilation(2, 1, 1)
                  .convolutionMode(SAME)
                  .dataFormat(d.volume()));
    }
    add(Pooling1D.class, NCW, d -> new Subsampling1DLayer.Builder(2, 1).dataFormat(d.image()));
    add(Upsampling1D.class, NCW, d -> new Upsampling1D.Builder(2));
    add(Upsampling2D.class, IMAGES, d -> new Upsampling2D.Builder(2).dataFormat(d.image()));
    add(
        Upsampling3D.class,
        VOLUMES,
        d -> new Upsampling3D.Builder(2).dataFormat(d.volume()),
        Trait.ONCE);
    add(ZeroPadding1DLayer.class, NCW, d -> new ZeroPadding1DLayer.Builder(1, 2));
    add(
        ZeroPaddingLayer.class,
        IMAGES,
        d -> new ZeroPaddingLayer.Builder(1, 2).dataFormat(d.image()));
    add(
        ZeroPadding3DLayer.class,
        new ConformanceData[] {ConformanceData.VOLUME_NCDHW},
        d -> new ZeroPadding3DLayer.Builder(1, 0, 1));
    add(Cropping1D.class, NCW, d -> new Cropping1D.Builder(1, 0));
    add(
        Cropping2D.class,
        IMAGES,
        d -> new Cropping2D.Builder(1, 1).dataFormat(d.image()),
        Trait.ONCE);
    add(
        Cropping3D.class,
        new ConformanceData[] {ConformanceData.VOLUME_NCDHW},
        d -> new Cropping3D.Builder(1, 0, 1),
        Trait.ONCE);
    add(
        SpaceToDepthLayer.class,
        IMAGES,
        d -> new SpaceToDepthLayer.Builder<>(2, d.image()),
        Trait.ONCE);
    add(
        LocalResponseNormalization.class,
        IMAGES,
        d -> new LocalResponseNormalization.Builder().dataFormat(d.image()));
  }

  private void dense() {
    add(DenseLayer.class, FLAT, d -> new DenseLayer.Builder().nOut(5), Trait.ACTIVATION);
    add(
        DenseLayer.class,
        " with layer normalization",
        FLAT,
        d -> new DenseLayer.Builder().nOut(5).hasLayerNorm(true),
        Trait.ACTIVATION);
    add(AutoEncoder.class, FLAT, d -> new AutoEncoder.Builder().nOut(4), Trait.ACTIVATION);
    add(
        VariationalAutoencoder.class,
        FLAT,
        d -> new VariationalAutoencoder.Builder().nOut(4).encoderLayerSizes(5).decoderLayerSizes(5),
        Trait.ACTIVATION);
    add(
        ElementWiseMultiplicationLayer.class,
        FLAT,
        d -> new ElementWiseMultiplicationLayer.Builder().nOut(5),
        Trait.ACTIVATION);
    add(
        EmbeddingLayer.class,
        new ConformanceData[] {ConformanceData.TOKEN},
        d -> new EmbeddingLayer.Builder().nIn(ConformanceData.TOKEN_KINDS).nOut(4).hasBias(true),
        Trait.ACTIVATION,
        Trait.ONCE);
    for (RNNFormat format : RNNFormat.values()) {
      add(
          EmbeddingSequenceLayer.class,
          " " + format,
          new ConformanceData[] {ConformanceData.TOKENS},
          d ->
              new EmbeddingSequenceLayer.Builder()
                  .nIn(ConformanceData.TOKEN_KINDS)
                  .nOut(4)
                  .inputLength(5)
                  .outputDataFormat(format),
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
        d -> new BatchNormalization.Builder().dataFormat(d.image()),
        Trait.STATISTICS);
    add(
        BatchNormalization.class,
        " by the logarithm, channels last",
        new ConformanceData[] {
          ConformanceData.FLAT, ConformanceData.IMAGE_NHWC, ConformanceData.SEQUENCE_NWC
        },
        d -> new BatchNormalization.Builder().useLogStd(true).dataFormat(CNN2DFormat.NHWC),
        Trait.STATISTICS);
    add(
        BatchNormalization.class,
        " with fixed gamma and beta",
        new ConformanceData[] {ConformanceData.FLAT, ConformanceData.IMAGE_NCHW},
        d -> new BatchNormalization.Builder(2, 0.5, true).dataFormat(d.image()),
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
          d ->
              new PReLULayer.Builder()
                  .inputShape(java.util.Arrays.copyOfRange(shape, 1, shape.length)));
    }
    for (RNNFormat format : RNNFormat.values()) {
      add(
          RepeatVector.class,
          " " + format,
          FLAT,
          d -> new RepeatVector.Builder<>(3).dataFormat(format),
          Trait.ONCE);
    }
  }

  @SuppressWarnings("deprecation") // Older models have the Graves LSTMs.
  private void sequences() {
    add(
        LSTM.class,
        SEQUENCES,
        d -> new LSTM.Builder().nOut(4).dataFormat(d.sequence()),
        Trait.ACTIVATION,
        Trait.MASKS);
    add(
        GravesLSTM.class,
        SEQUENCES,
        d -> new GravesLSTM.Builder().nOut(4).dataFormat(d.sequence()),
        Trait.ACTIVATION,
        Trait.MASKS);
    add(
        GravesBidirectionalLSTM.class,
        SEQUENCES,
        d -> new GravesBidirectionalLSTM.Builder().nOut(4).dataFormat(d.sequence()),
        Trait.ACTIVATION,
        Trait.MASKS);
    // SimpleRnn with layer normalization is not here: Deeplearning4j fails in its forward pass.
    add(
        SimpleRnn.class,
        SEQUENCES,
        d -> new SimpleRnn.Builder().nOut(4).dataFormat(d.sequence()),
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
        d ->
            new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(3)
                .lambda(0.1)
                .activation(Activation.SOFTMAX),
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
        d -> new OutputLayer.Builder(loss).nOut(3).activation(own),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
    add(
        LossLayer.class,
        name,
        FLAT,
        d -> new LossLayer.Builder(loss).activation(own),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
    add(
        RnnOutputLayer.class,
        name,
        SEQUENCES,
        d -> new RnnOutputLayer.Builder(loss).nOut(3).dataFormat(d.sequence()).activation(own),
        Trait.OUTPUT,
        Trait.ONCE,
        Trait.MASKS,
        labels);
    add(
        RnnLossLayer.class,
        name,
        NCW,
        d -> new RnnLossLayer.Builder(loss).dataFormat(d.sequence()).activation(own),
        Trait.OUTPUT,
        Trait.ONCE,
        Trait.MASKS,
        labels);
    add(
        CnnLossLayer.class,
        name,
        new ConformanceData[] {ConformanceData.IMAGE_NCHW},
        d -> new CnnLossLayer.Builder(loss).format(d.image()).activation(own),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
    add(
        Cnn3DLossLayer.class,
        name,
        VOLUMES,
        d -> new Cnn3DLossLayer.Builder(d.volume()).lossFunction(loss).activation(own),
        Trait.OUTPUT,
        Trait.ONCE,
        labels);
  }
}
