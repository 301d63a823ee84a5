/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.layers.DataShape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.dropout.GaussianDropout;
import org.deeplearning4j.nn.conf.layers.*;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping3D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.misc.RepeatVector;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.util.MaskLayer;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.layers.variational.BernoulliReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.layers.util.IdentityLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Each layer of Deeplearning4j, as settings describe it and as its builder makes it. */
@SuppressWarnings({
  "deprecation",
  "rawtypes",
  "unchecked",
  "NonCanonicalType"
}) // every builder that there is
final class DescribedLayers {

  private static final DataShape.Input FLAT = Descriptions.FLAT;
  private static final DataShape.Input SEQUENCE = Descriptions.SEQUENCE;
  private static final DataShape.Input IMAGE = Descriptions.IMAGE;
  private static final DataShape.Input VOLUME = Descriptions.VOLUME;

  /** What stands behind a layer, so that a model ends with labels. */
  enum End {
    /** The layer is the output. */
    NOTHING,
    /** An output layer. */
    OUTPUT,
    /** Global pooling and an output layer. */
    POOL,
    /** An output layer for each time step. */
    STEPS
  }

  /** A layer both ways. */
  record Row(
      Class<?> type,
      String described,
      DataShape.Input input,
      DataShape.Output labels,
      End end,
      Supplier<Layer> built) {
    @Override
    public String toString() {
      return type.getSimpleName() + ": " + described;
    }
  }

  private final List<Row> rows = new ArrayList<>();

  private DescribedLayers() {}

  static List<Row> rows() {
    DescribedLayers table = new DescribedLayers();
    table.flat();
    table.images();
    table.sequences();
    table.volumes();
    table.outputs();
    table.properties();
    return table.rows;
  }

  private void add(
      Class<?> type, String described, DataShape.Input input, End end, Supplier<Layer> built) {
    rows.add(new Row(type, described, input, Descriptions.classes(2), end, built));
  }

  private void output(
      Class<?> type,
      String described,
      DataShape.Input input,
      DataShape.Output labels,
      Supplier<Layer> built) {
    rows.add(new Row(type, described, input, labels, End.NOTHING, built));
  }

  private void flat() {
    add(
        DenseLayer.class,
        "{ dense = 5 }",
        FLAT,
        End.OUTPUT,
        () -> new DenseLayer.Builder().nOut(5).build());
    add(
        DenseLayer.class,
        "{ class = DenseLayer, nOut = 5, hasLayerNorm = true }",
        FLAT,
        End.OUTPUT,
        () -> new DenseLayer.Builder().nOut(5).hasLayerNorm(true).build());
    add(
        ActivationLayer.class,
        "{ activation = elu }",
        FLAT,
        End.OUTPUT,
        () -> new ActivationLayer.Builder().activation(Activation.ELU).build());
    add(
        ActivationLayer.class,
        "{ activation { class = LReLU, alpha = 0.3 } }",
        FLAT,
        End.OUTPUT,
        () -> new ActivationLayer.Builder().activation(new ActivationLReLU(0.3)).build());
    add(
        DropoutLayer.class,
        "{ dropout = 0.8 }",
        FLAT,
        End.OUTPUT,
        () -> new DropoutLayer.Builder(0.8).build());
    add(
        DropoutLayer.class,
        "{ dropout { class = GaussianDropout, rate = 0.2 } }",
        FLAT,
        End.OUTPUT,
        () -> new DropoutLayer.Builder(new GaussianDropout(0.2)).build());
    add(
        BatchNormalization.class,
        "batch-norm",
        FLAT,
        End.OUTPUT,
        () -> new BatchNormalization.Builder().build());
    add(
        BatchNormalization.class,
        "{ batch-norm { decay = 0.8, eps = 1e-4, use-log-std = true } }",
        FLAT,
        End.OUTPUT,
        () -> new BatchNormalization.Builder().decay(0.8).eps(1e-4).useLogStd(true).build());
    add(
        EmbeddingLayer.class,
        "{ embedding = 6, n-in = 50 }",
        new DataShape.Input.Flat(1),
        End.OUTPUT,
        () -> new EmbeddingLayer.Builder().nIn(50).nOut(6).build());
    add(PReLULayer.class, "prelu", FLAT, End.OUTPUT, () -> new PReLULayer.Builder().build());
    add(
        AutoEncoder.class,
        "{ auto-encoder = 3, corruption-level = 0.2, sparsity = 0.1 }",
        FLAT,
        End.OUTPUT,
        () -> new AutoEncoder.Builder().nOut(3).corruptionLevel(0.2).sparsity(0.1).build());
    add(
        VariationalAutoencoder.class,
        "{ variational-auto-encoder = 3, encoder-layer-sizes = [6, 5], decoder-layer-sizes = 6,"
            + " reconstruction-distribution { class = Bernoulli, activationFn = sigmoid } }",
        FLAT,
        End.OUTPUT,
        () ->
            new VariationalAutoencoder.Builder()
                .nOut(3)
                .encoderLayerSizes(6, 5)
                .decoderLayerSizes(6)
                .reconstructionDistribution(
                    new BernoulliReconstructionDistribution(Activation.SIGMOID))
                .build());
    add(
        ElementWiseMultiplicationLayer.class,
        "{ multiply = 4 }",
        FLAT,
        End.OUTPUT,
        () -> new ElementWiseMultiplicationLayer.Builder().nOut(4).build());
    add(
        RepeatVector.class,
        "{ repeat = 3 }",
        FLAT,
        End.POOL,
        () -> new RepeatVector.Builder().repetitionFactor(3).build());
    add(
        FrozenLayer.class,
        "{ frozen { dense = 5, activation = tanh } }",
        FLAT,
        End.OUTPUT,
        () ->
            new FrozenLayer.Builder()
                .layer(new DenseLayer.Builder().nOut(5).activation(Activation.TANH).build())
                .build());
    add(
        FrozenLayerWithBackprop.class,
        "{ class = FrozenLayerWithBackprop, layer { dense = 5 } }",
        FLAT,
        End.OUTPUT,
        () -> new FrozenLayerWithBackprop(new DenseLayer.Builder().nOut(5).build()));
    add(IdentityLayer.class, "identity", FLAT, End.OUTPUT, () -> new IdentityLayer(null));
    add(MaskLayer.class, "mask", SEQUENCE, End.POOL, MaskLayer::new);
  }

  private void images() {
    add(
        ConvolutionLayer.class,
        "{ conv = 4, kernel = 3, stride = [2, 1], padding = 1, mode = truncate }",
        IMAGE,
        End.POOL,
        () ->
            new ConvolutionLayer.Builder()
                .nOut(4)
                .kernelSize(3, 3)
                .stride(2, 1)
                .padding(1, 1)
                .convolutionMode(ConvolutionMode.Truncate)
                .build());
    add(
        ConvolutionLayer.class,
        "{ conv = 4, kernel = [3, 2], mode = same, bias = off, dilation = [1, 1], format = nchw }",
        IMAGE,
        End.POOL,
        () ->
            new ConvolutionLayer.Builder()
                .nOut(4)
                .kernelSize(3, 2)
                .convolutionMode(ConvolutionMode.Same)
                .hasBias(false)
                .dilation(1, 1)
                .dataFormat(CNN2DFormat.NCHW)
                .build());
    add(
        Convolution2D.class,
        "{ class = Convolution2D, nOut = 4 }",
        IMAGE,
        End.POOL,
        () -> new Convolution2D.Builder().nOut(4).build());
    add(
        Deconvolution2D.class,
        "{ deconv = 4, kernel = 2 }",
        IMAGE,
        End.POOL,
        () -> new Deconvolution2D.Builder().nOut(4).kernelSize(2, 2).build());
    add(
        DepthwiseConvolution2D.class,
        "{ depthwise-conv = 2, kernel = 2 }",
        IMAGE,
        End.POOL,
        () -> new DepthwiseConvolution2D.Builder().depthMultiplier(2).kernelSize(2, 2).build());
    add(
        SeparableConvolution2D.class,
        "{ separable-conv = 4, kernel = 2, depth-multiplier = 2 }",
        IMAGE,
        End.POOL,
        () ->
            new SeparableConvolution2D.Builder()
                .nOut(4)
                .kernelSize(2, 2)
                .depthMultiplier(2)
                .build());
    add(
        LocallyConnected2D.class,
        "{ locally-connected = 4, kernel = [2, 2], stride = [1, 1] }",
        IMAGE,
        End.POOL,
        () -> new LocallyConnected2D.Builder().nOut(4).kernelSize(2, 2).stride(1, 1).build());
    add(
        SubsamplingLayer.class,
        "{ max-pool = 2 }",
        IMAGE,
        End.POOL,
        () -> new SubsamplingLayer.Builder().poolingType(PoolingType.MAX).kernelSize(2, 2).build());
    add(
        SubsamplingLayer.class,
        "{ average-pool = [3, 2], stride = [1, 1] }",
        IMAGE,
        End.POOL,
        () ->
            new SubsamplingLayer.Builder()
                .poolingType(PoolingType.AVG)
                .kernelSize(3, 2)
                .stride(1, 1)
                .build());
    add(
        SubsamplingLayer.class,
        "{ pnorm-pool = 2, pnorm = 2, mode = same }",
        IMAGE,
        End.POOL,
        () ->
            new SubsamplingLayer.Builder()
                .poolingType(PoolingType.PNORM)
                .pnorm(2)
                .kernelSize(2, 2)
                .convolutionMode(ConvolutionMode.Same)
                .build());
    add(
        Pooling2D.class,
        "{ class = Pooling2D, kernel = 2, pooling = sum }",
        IMAGE,
        End.POOL,
        () -> new Pooling2D.Builder().kernelSize(2, 2).poolingType(PoolingType.SUM).build());
    add(
        GlobalPoolingLayer.class,
        "{ global-pool = max }",
        IMAGE,
        End.OUTPUT,
        () -> new GlobalPoolingLayer.Builder().poolingType(PoolingType.MAX).build());
    add(
        Upsampling2D.class,
        "{ upsampling = 2 }",
        IMAGE,
        End.POOL,
        () -> new Upsampling2D.Builder().size(2).build());
    add(
        ZeroPaddingLayer.class,
        "{ zero-padding = [1, 2] }",
        IMAGE,
        End.POOL,
        () -> new ZeroPaddingLayer.Builder(1, 2).build());
    add(
        Cropping2D.class,
        "{ crop = [1, 2] }",
        IMAGE,
        End.POOL,
        () -> new Cropping2D.Builder(1, 2).build());
    add(
        SpaceToDepthLayer.class,
        "{ space-to-depth = 2 }",
        IMAGE,
        End.POOL,
        () -> new SpaceToDepthLayer.Builder().blocks(2).build());
    add(
        SpaceToBatchLayer.class,
        "{ space-to-batch = [2, 2], padding = [[0, 0], [0, 0]] }",
        IMAGE,
        End.POOL,
        () ->
            new SpaceToBatchLayer.Builder()
                .blocks(2, 2)
                .padding(new int[][] {{0, 0}, {0, 0}})
                .build());
    add(
        LocalResponseNormalization.class,
        "{ local-response-norm { k = 2, n = 5, alpha = 1e-4, beta = 0.75 } }",
        IMAGE,
        End.POOL,
        () -> new LocalResponseNormalization.Builder().k(2).n(5).alpha(1e-4).beta(0.75).build());
    add(
        PrimaryCapsules.class,
        "{ primary-capsules = 2, capsule-dimensions = 4, kernel = [3, 3], stride = [1, 1] }",
        IMAGE,
        End.POOL,
        () -> new PrimaryCapsules.Builder(4, 2).kernelSize(3, 3).stride(1, 1).build());
    add(
        CapsuleLayer.class,
        "{ capsule = 3, capsule-dimensions = 4, routings = 2 }",
        SEQUENCE,
        End.POOL,
        () -> new CapsuleLayer.Builder(3, 4).routings(2).build());
    add(
        CapsuleStrengthLayer.class,
        "capsule-strength",
        SEQUENCE,
        End.OUTPUT,
        () -> new CapsuleStrengthLayer.Builder().build());
  }

  private void sequences() {
    add(LSTM.class, "{ lstm = 4 }", SEQUENCE, End.POOL, () -> new LSTM.Builder().nOut(4).build());
    add(
        LSTM.class,
        "{ lstm = 4, gate-activation-function = hard-sigmoid, forget-gate-bias-init = 0.5, weight-init-recurrent = xavier-uniform, format = ncw }",
        SEQUENCE,
        End.POOL,
        () ->
            new LSTM.Builder()
                .nOut(4)
                .gateActivationFunction(Activation.HARDSIGMOID)
                .forgetGateBiasInit(0.5)
                .weightInitRecurrent(WeightInit.XAVIER_UNIFORM)
                .dataFormat(RNNFormat.NCW)
                .build());
    add(
        GravesLSTM.class,
        "{ graves-lstm = 4 }",
        SEQUENCE,
        End.POOL,
        () -> new GravesLSTM.Builder().nOut(4).build());
    add(
        GravesBidirectionalLSTM.class,
        "{ graves-bidirectional-lstm = 4 }",
        SEQUENCE,
        End.POOL,
        () -> new GravesBidirectionalLSTM.Builder().nOut(4).build());
    add(
        SimpleRnn.class,
        "{ simple-rnn = 4 }",
        SEQUENCE,
        End.STEPS,
        () -> new SimpleRnn.Builder().nOut(4).build());
    add(
        Bidirectional.class,
        "{ bidirectional { lstm = 4 } }",
        SEQUENCE,
        End.POOL,
        () -> new Bidirectional(new LSTM.Builder().nOut(4).build()));
    add(
        Bidirectional.class,
        "{ bidirectional { simple-rnn = 4, activation = tanh }, mode = add }",
        SEQUENCE,
        End.POOL,
        () ->
            new Bidirectional(
                Bidirectional.Mode.ADD,
                new SimpleRnn.Builder().nOut(4).activation(Activation.TANH).build()));
    add(
        LastTimeStep.class,
        "{ last-step { lstm = 4 } }",
        SEQUENCE,
        End.OUTPUT,
        () -> new LastTimeStep(new LSTM.Builder().nOut(4).build()));
    add(
        TimeDistributed.class,
        "{ time-distributed { dense = 4 } }",
        SEQUENCE,
        End.STEPS,
        () -> new TimeDistributed(new DenseLayer.Builder().nOut(4).build()));
    add(
        TimeDistributed.class,
        "{ time-distributed { dense = 4 }, rnn-data-format = nwc }",
        SEQUENCE,
        End.STEPS,
        () -> new TimeDistributed(new DenseLayer.Builder().nOut(4).build(), RNNFormat.NWC));
    add(
        MaskZeroLayer.class,
        "{ mask-zero { lstm = 4 }, mask-value = -1 }",
        SEQUENCE,
        End.POOL,
        () ->
            new MaskZeroLayer.Builder()
                .setUnderlying(new LSTM.Builder().nOut(4).build())
                .setMaskValue(-1)
                .build());
    add(
        Convolution1DLayer.class,
        "{ conv1d = 4, kernel = 2, mode = causal, dilation = 2 }",
        SEQUENCE,
        End.POOL,
        () ->
            new Convolution1DLayer.Builder()
                .nOut(4)
                .kernelSize(2)
                .convolutionMode(ConvolutionMode.Causal)
                .dilation(2)
                .build());
    add(
        Convolution1D.class,
        "{ class = Convolution1D, nOut = 4, kernel = 2 }",
        SEQUENCE,
        End.POOL,
        () -> new Convolution1D.Builder().nOut(4).kernelSize(2).build());
    add(
        LocallyConnected1D.class,
        "{ locally-connected1d = 4, kernel = 2, stride = 1 }",
        SEQUENCE,
        End.POOL,
        () -> new LocallyConnected1D.Builder().nOut(4).kernelSize(2).stride(1).build());
    add(
        Subsampling1DLayer.class,
        "{ max-pool1d = 2, stride = 1 }",
        SEQUENCE,
        End.POOL,
        () ->
            new Subsampling1DLayer.Builder()
                .poolingType(PoolingType.MAX)
                .kernelSize(2)
                .stride(1)
                .build());
    add(
        Pooling1D.class,
        "{ class = Pooling1D, pooling = avg, kernel = 2 }",
        SEQUENCE,
        End.POOL,
        () -> new Pooling1D.Builder().poolingType(PoolingType.AVG).kernelSize(2).build());
    add(
        Upsampling1D.class,
        "{ upsampling1d = 2 }",
        SEQUENCE,
        End.POOL,
        () -> new Upsampling1D.Builder().size(2).build());
    add(
        ZeroPadding1DLayer.class,
        "{ zero-padding1d = 2 }",
        SEQUENCE,
        End.POOL,
        () -> new ZeroPadding1DLayer.Builder(2).build());
    add(
        Cropping1D.class,
        "{ crop1d = [1, 0] }",
        SEQUENCE,
        End.POOL,
        () -> new Cropping1D.Builder(1, 0).build());
    add(
        SelfAttentionLayer.class,
        "{ self-attention = 4, heads = 2, project-input = true, headSize = 2 }",
        SEQUENCE,
        End.POOL,
        () ->
            new SelfAttentionLayer.Builder()
                .nOut(4)
                .nHeads(2)
                .projectInput(true)
                .headSize(2)
                .build());
    add(
        LearnedSelfAttentionLayer.class,
        "{ learned-self-attention = 4, heads = 2, n-queries = 3, project-input = true, head-size = 2 }",
        SEQUENCE,
        End.POOL,
        () ->
            new LearnedSelfAttentionLayer.Builder()
                .nOut(4)
                .nHeads(2)
                .nQueries(3)
                .projectInput(true)
                .headSize(2)
                .build());
    add(
        RecurrentAttentionLayer.class,
        "{ recurrent-attention = 4, heads = 2, head-size = 2, project-input = true }",
        SEQUENCE,
        End.POOL,
        () ->
            new RecurrentAttentionLayer.Builder()
                .nOut(4)
                .nHeads(2)
                .headSize(2)
                .projectInput(true)
                .build());
    add(
        EmbeddingSequenceLayer.class,
        "{ embedding-sequence = 6, nIn = 50, bias = true }",
        new DataShape.Input.Sequence(1, 5),
        End.POOL,
        () -> new EmbeddingSequenceLayer.Builder().nIn(50).nOut(6).hasBias(true).build());
  }

  private void volumes() {
    add(
        Convolution3D.class,
        "{ conv3d = 4, kernel = 2, format = ncdhw }",
        VOLUME,
        End.POOL,
        () ->
            new Convolution3D.Builder()
                .nOut(4)
                .kernelSize(2)
                .dataFormat(Convolution3D.DataFormat.NCDHW)
                .build());
    add(
        Deconvolution3D.class,
        "{ deconv3d = 4, kernel = [2, 2, 2], format = ncdhw }",
        VOLUME,
        End.POOL,
        () ->
            new Deconvolution3D.Builder()
                .nOut(4)
                .kernelSize(2, 2, 2)
                .dataFormat(Convolution3D.DataFormat.NCDHW)
                .build());
    add(
        Subsampling3DLayer.class,
        "{ average-pool3d = 2, format = ncdhw }",
        VOLUME,
        End.POOL,
        () ->
            new Subsampling3DLayer.Builder()
                .poolingType(PoolingType.AVG)
                .kernelSize(2)
                .dataFormat(Convolution3D.DataFormat.NCDHW)
                .build());
    add(
        Upsampling3D.class,
        "{ upsampling3d = 2, format = ncdhw }",
        VOLUME,
        End.POOL,
        () ->
            new Upsampling3D.Builder().size(2).dataFormat(Convolution3D.DataFormat.NCDHW).build());
    add(
        ZeroPadding3DLayer.class,
        "{ zero-padding3d = [1, 1, 1] }",
        VOLUME,
        End.POOL,
        () -> new ZeroPadding3DLayer.Builder(1, 1, 1).build());
    add(
        Cropping3D.class,
        "{ crop3d = [1, 1, 1] }",
        VOLUME,
        End.POOL,
        () -> new Cropping3D.Builder(1, 1, 1).build());
  }

  private void outputs() {
    output(
        OutputLayer.class,
        "output",
        FLAT,
        Descriptions.classes(3),
        () ->
            new OutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .nOut(3)
                .build());
    output(
        OutputLayer.class,
        "{ output = 1 }",
        FLAT,
        Descriptions.classes(2),
        () ->
            new OutputLayer.Builder(LossFunction.XENT)
                .activation(Activation.SIGMOID)
                .nOut(1)
                .build());
    output(
        OutputLayer.class,
        "output",
        FLAT,
        Descriptions.values(3),
        () ->
            new OutputLayer.Builder(LossFunction.MSE)
                .activation(Activation.IDENTITY)
                .nOut(3)
                .build());
    output(
        OutputLayer.class,
        "{ output {}, loss = sparse-mcxent }",
        FLAT,
        Descriptions.classes(3),
        () ->
            new OutputLayer.Builder(LossFunction.SPARSE_MCXENT)
                .activation(Activation.SOFTMAX)
                .nOut(3)
                .build());
    output(
        OutputLayer.class,
        "{ output {}, loss = xent }",
        FLAT,
        Descriptions.values(3),
        () ->
            new OutputLayer.Builder(LossFunction.XENT)
                .activation(Activation.SIGMOID)
                .nOut(3)
                .build());
    output(
        OutputLayer.class,
        "{ output {}, loss { class = MCXENT, weights = [1, 2, 0.5] } }",
        FLAT,
        Descriptions.classes(3),
        () ->
            new OutputLayer.Builder(
                    new LossMCXENT(Nd4j.createFromArray(1f, 2f, 0.5f).reshape(1, 3)))
                .activation(Activation.SOFTMAX)
                .nOut(3)
                .build());
    output(
        OutputLayer.class,
        "{ output {}, loss = mae, activation = tanh }",
        FLAT,
        Descriptions.values(2),
        () ->
            new OutputLayer.Builder(LossFunction.MEAN_ABSOLUTE_ERROR)
                .activation(Activation.TANH)
                .nOut(2)
                .build());
    output(
        RnnOutputLayer.class,
        "rnn-output",
        SEQUENCE,
        Descriptions.classesOfSteps(3),
        () ->
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .nOut(3)
                .build());
    output(
        CenterLossOutputLayer.class,
        "{ center-loss-output {}, alpha = 0.1, lambda = 0.01 }",
        FLAT,
        Descriptions.classes(3),
        () ->
            new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .alpha(0.1)
                .lambda(0.01)
                .nOut(3)
                .build());
    output(
        LossLayer.class,
        "{ loss = mcxent, activation = softmax }",
        FLAT,
        Descriptions.classes(4),
        () -> new LossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build());
    output(
        LossLayer.class,
        "loss",
        FLAT,
        Descriptions.values(4),
        () -> new LossLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY).build());
    output(
        RnnLossLayer.class,
        "{ rnn-loss {}, activation = softmax }",
        SEQUENCE,
        Descriptions.classesOfSteps(3),
        () -> new RnnLossLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX).build());
    output(
        CnnLossLayer.class,
        "{ cnn-loss = mse }",
        IMAGE,
        Descriptions.values(108),
        () -> new CnnLossLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY).build());
    output(
        Cnn3DLossLayer.class,
        "{ cnn3d-loss = mse, format = ncdhw }",
        VOLUME,
        Descriptions.values(128),
        () ->
            new Cnn3DLossLayer.Builder(Convolution3D.DataFormat.NCDHW)
                .lossFunction(LossFunction.MSE)
                .activation(Activation.IDENTITY)
                .build());
    output(
        OCNNOutputLayer.class,
        "{ class = OCNNOutputLayer, hiddenLayerSize = 5, nu = 0.1, activation = sigmoid, initialRValue = 0.2, windowSize = 100 }",
        FLAT,
        Descriptions.values(1),
        () ->
            new OCNNOutputLayer.Builder()
                .hiddenLayerSize(5)
                .nu(0.1)
                .activation(Activation.SIGMOID)
                .initialRValue(0.2)
                .windowSize(100)
                .build());
    output(
        Yolo2OutputLayer.class,
        "{ yolo-output = [[1, 2], [3, 4]], lambda-coord = 4 }",
        IMAGE,
        Descriptions.values(1),
        () ->
            new Yolo2OutputLayer.Builder()
                .boundingBoxPriors(Nd4j.createFromArray(new float[][] {{1, 2}, {3, 4}}))
                .lambdaCoord(4)
                .build());
  }

  private void properties() {
    add(
        DenseLayer.class,
        "{ dense = 5, activation = leaky-relu, init = relu, l1 = 1e-3, l2 = 1e-4, bias-init = 0.1, l1-bias = 1e-5, dropout = 0.7 }",
        FLAT,
        End.OUTPUT,
        () ->
            new DenseLayer.Builder()
                .nOut(5)
                .activation(Activation.LEAKYRELU)
                .weightInit(WeightInit.RELU)
                .l1(1e-3)
                .l2(1e-4)
                .biasInit(0.1)
                .l1Bias(1e-5)
                .dropOut(0.7)
                .build());
    add(
        DenseLayer.class,
        "{ dense = 5, weight-decay = 0.01, weight-decay-bias = 0.02, gradient-normalization = clip-l2-per-layer, gradient-normalization-threshold = 2 }",
        FLAT,
        End.OUTPUT,
        () ->
            new DenseLayer.Builder()
                .nOut(5)
                .weightDecay(0.01)
                .weightDecayBias(0.02)
                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                .gradientNormalizationThreshold(2)
                .build());
    add(
        DenseLayer.class,
        "{ dense = 5, constrain-weights { class = MaxNorm, maxNorm = 2, dimensions = 1 }, constrain-bias = non-negative }",
        FLAT,
        End.OUTPUT,
        () ->
            new DenseLayer.Builder()
                .nOut(5)
                .constrainWeights(new MaxNormConstraint(2, 1))
                .constrainBias(new NonNegativeConstraint())
                .build());
    add(
        DenseLayer.class,
        "{ dense = 5, init { class = Normal, mean = 0, std = 0.05 }, weight-noise { class = DropConnect, weightRetainProb = 0.9, applyToBiases = false } }",
        FLAT,
        End.OUTPUT,
        () ->
            new DenseLayer.Builder()
                .nOut(5)
                .weightInit(new NormalDistribution(0, 0.05))
                .weightNoise(new DropConnect(0.9))
                .build());
    add(
        DenseLayer.class,
        "{ dense = 5, updater { class = Nesterovs, learningRate = 0.1, momentum = 0.8 }, bias-updater = ada-delta }",
        FLAT,
        End.OUTPUT,
        () ->
            new DenseLayer.Builder()
                .nOut(5)
                .updater(new Nesterovs(0.1, 0.8))
                .biasUpdater(new AdaDelta())
                .build());
    add(
        DenseLayer.class,
        "{ dense = 5, updater { class = Adam, learningRateSchedule { class = Step, scheduleType = epoch, initialValue = 0.1, decayRate = 0.5, step = 3 } } }",
        FLAT,
        End.OUTPUT,
        () ->
            new DenseLayer.Builder()
                .nOut(5)
                .updater(new Adam(new StepSchedule(ScheduleType.EPOCH, 0.1, 0.5, 3)))
                .build());
    add(
        DenseLayer.class,
        "{ dense = 5, name = first }",
        FLAT,
        End.OUTPUT,
        () -> new DenseLayer.Builder().nOut(5).name("first").build());
    output(
        OutputLayer.class,
        "{ output {}, loss { class = BinaryXENT, clipEps = 1e-6 } }",
        FLAT,
        Descriptions.values(3),
        () -> {
          LossBinaryXENT loss = new LossBinaryXENT(1e-6);
          return new OutputLayer.Builder(loss).activation(Activation.SIGMOID).nOut(3).build();
        });
    output(
        OutputLayer.class,
        "{ output {}, loss { class = MSE, weights = [1, 2, 3] } }",
        FLAT,
        Descriptions.values(3),
        () ->
            new OutputLayer.Builder(new LossMSE(Nd4j.createFromArray(1f, 2f, 3f).reshape(1, 3)))
                .activation(Activation.IDENTITY)
                .nOut(3)
                .build());
  }
}
