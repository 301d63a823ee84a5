/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A short name for a layer or a vertex: {@code dense = 128} is a DenseLayer with nOut = 128.
 *
 * <p>{@code docs/models.md} has all of them, in a table that a test compares.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name as settings have it
 * @param family whether it is a layer or a vertex
 * @param type the class, by the name that its family knows
 * @param value the property that the value beside the name is; empty: there is none
 * @param fixed properties that the name says
 * @param strength whether the name is a property of other layers, too
 */
record LayerKind(
    String name,
    Family family,
    String type,
    String value,
    Map<String, String> fixed,
    Strength strength) {

  /** What a name means beside the name of another layer. */
  enum Strength {
    /** A layer. */
    LAYER,
    /** A layer where it stands alone, else a property. */
    PROPERTY_TOO
  }

  /** All of them by their names, in the order of the table in the docs. */
  static final Map<String, LayerKind> ALL = Collections.unmodifiableMap(all());

  LayerKind {
    fixed = Map.copyOf(fixed);
  }

  /** The kind of that name. */
  static Optional<LayerKind> find(String name) {
    String folded = Names.folded(name);
    return ALL.values().stream()
        .filter(kind -> Names.folded(kind.name()).equals(folded))
        .findFirst();
  }

  /** Whether its value is another layer. */
  boolean wraps() {
    return value.equals("layer") || value.equals("underlying");
  }

  private static Map<String, LayerKind> all() {
    List<LayerKind> kinds = new ArrayList<>();
    kinds.add(layer("dense", "DenseLayer", "nOut"));
    kinds.add(layer("output", "OutputLayer", "nOut"));
    kinds.add(layer("rnn-output", "RnnOutputLayer", "nOut"));
    kinds.add(layer("center-loss-output", "CenterLossOutputLayer", "nOut"));
    kinds.add(propertyToo("loss", "LossLayer", "lossFunction"));
    kinds.add(layer("rnn-loss", "RnnLossLayer", "lossFunction"));
    kinds.add(layer("cnn-loss", "CnnLossLayer", "lossFunction"));
    kinds.add(layer("cnn3d-loss", "Cnn3DLossLayer", "lossFunction"));
    kinds.add(layer("yolo-output", "Yolo2OutputLayer", "boundingBoxPriors"));
    kinds.add(propertyToo("activation", "ActivationLayer", "activation"));
    kinds.add(layer("prelu", "PReLULayer", ""));
    kinds.add(propertyToo("dropout", "DropoutLayer", "dropOut"));
    kinds.add(layer("batch-norm", "BatchNormalization", ""));
    kinds.add(layer("local-response-norm", "LocalResponseNormalization", ""));
    kinds.add(layer("conv", "ConvolutionLayer", "nOut"));
    kinds.add(layer("conv1d", "Convolution1DLayer", "nOut"));
    kinds.add(layer("conv3d", "Convolution3D", "nOut"));
    kinds.add(layer("separable-conv", "SeparableConvolution2D", "nOut"));
    kinds.add(layer("depthwise-conv", "DepthwiseConvolution2D", "depthMultiplier"));
    kinds.add(layer("deconv", "Deconvolution2D", "nOut"));
    kinds.add(layer("deconv3d", "Deconvolution3D", "nOut"));
    kinds.add(layer("locally-connected", "LocallyConnected2D", "nOut"));
    kinds.add(layer("locally-connected1d", "LocallyConnected1D", "nOut"));
    for (String pooling : List.of("max", "avg", "sum", "pnorm")) {
      String name = pooling.equals("avg") ? "average" : pooling;
      kinds.add(pool(name + "-pool", "SubsamplingLayer", pooling));
      kinds.add(pool(name + "-pool1d", "Subsampling1DLayer", pooling));
      if (!pooling.equals("sum") && !pooling.equals("pnorm")) {
        kinds.add(pool(name + "-pool3d", "Subsampling3DLayer", pooling));
      }
    }
    kinds.add(layer("global-pool", "GlobalPoolingLayer", "poolingType"));
    kinds.add(layer("upsampling", "Upsampling2D", "size"));
    kinds.add(layer("upsampling1d", "Upsampling1D", "size"));
    kinds.add(layer("upsampling3d", "Upsampling3D", "size"));
    kinds.add(layer("zero-padding", "ZeroPaddingLayer", "padding"));
    kinds.add(layer("zero-padding1d", "ZeroPadding1DLayer", "padding"));
    kinds.add(layer("zero-padding3d", "ZeroPadding3DLayer", "padding"));
    kinds.add(layer("crop", "Cropping2D", "cropping"));
    kinds.add(layer("crop1d", "Cropping1D", "cropping"));
    kinds.add(layer("crop3d", "Cropping3D", "cropping"));
    kinds.add(layer("space-to-depth", "SpaceToDepthLayer", "blocks"));
    kinds.add(layer("space-to-batch", "SpaceToBatchLayer", "blocks"));
    kinds.add(layer("embedding", "EmbeddingLayer", "nOut"));
    kinds.add(layer("embedding-sequence", "EmbeddingSequenceLayer", "nOut"));
    kinds.add(layer("lstm", "LSTM", "nOut"));
    kinds.add(layer("graves-lstm", "GravesLSTM", "nOut"));
    kinds.add(layer("graves-bidirectional-lstm", "GravesBidirectionalLSTM", "nOut"));
    kinds.add(layer("simple-rnn", "SimpleRnn", "nOut"));
    kinds.add(layer("bidirectional", "Bidirectional", "layer"));
    kinds.add(layer("last-step", "LastTimeStep", "underlying"));
    kinds.add(layer("time-distributed", "TimeDistributed", "underlying"));
    kinds.add(layer("mask-zero", "MaskZeroLayer", "underlying"));
    kinds.add(layer("mask", "MaskLayer", ""));
    kinds.add(layer("repeat", "RepeatVector", "repetitionFactor"));
    kinds.add(layer("self-attention", "SelfAttentionLayer", "nOut"));
    kinds.add(layer("learned-self-attention", "LearnedSelfAttentionLayer", "nOut"));
    kinds.add(layer("recurrent-attention", "RecurrentAttentionLayer", "nOut"));
    kinds.add(layer("multiply", "ElementWiseMultiplicationLayer", "nOut"));
    kinds.add(layer("auto-encoder", "AutoEncoder", "nOut"));
    kinds.add(layer("variational-auto-encoder", "VariationalAutoencoder", "nOut"));
    kinds.add(layer("primary-capsules", "PrimaryCapsules", "channels"));
    kinds.add(layer("capsule", "CapsuleLayer", "capsules"));
    kinds.add(layer("capsule-strength", "CapsuleStrengthLayer", ""));
    kinds.add(layer("frozen", "FrozenLayer", "layer"));
    kinds.add(layer("identity", "IdentityLayer", ""));
    kinds.add(vertex("merge", "MergeVertex", "", Map.of()));
    for (String operation : List.of("add", "subtract", "product", "average", "max")) {
      kinds.add(vertex(operation, "ElementWiseVertex", "", Map.of("op", operation)));
    }
    kinds.add(vertex("scale", "ScaleVertex", "scaleFactor", Map.of()));
    kinds.add(vertex("shift", "ShiftVertex", "shiftFactor", Map.of()));
    kinds.add(vertex("subset", "SubsetVertex", "", Map.of()));
    kinds.add(vertex("reshape", "ReshapeVertex", "newShape", Map.of()));
    kinds.add(vertex("stack", "StackVertex", "", Map.of()));
    kinds.add(vertex("unstack", "UnstackVertex", "", Map.of()));
    kinds.add(vertex("l2-normalize", "L2NormalizeVertex", "", Map.of()));
    kinds.add(vertex("attention", "AttentionVertex", "nOut", Map.of()));
    kinds.add(vertex("repeat-in-time", "DuplicateToTimeSeriesVertex", "inputName", Map.of()));
    Map<String, LayerKind> byName = new LinkedHashMap<>();
    kinds.forEach(kind -> byName.put(kind.name(), kind));
    return byName;
  }

  private static LayerKind layer(String name, String type, String value) {
    return new LayerKind(name, Family.LAYERS, type, value, Map.of(), Strength.LAYER);
  }

  private static LayerKind propertyToo(String name, String type, String value) {
    return new LayerKind(name, Family.LAYERS, type, value, Map.of(), Strength.PROPERTY_TOO);
  }

  private static LayerKind pool(String name, String type, String pooling) {
    Map<String, String> fixed = Map.of("poolingType", pooling);
    return new LayerKind(name, Family.LAYERS, type, "kernelSize", fixed, Strength.LAYER);
  }

  private static LayerKind vertex(
      String name, String type, String value, Map<String, String> fixed) {
    return new LayerKind(name, Family.VERTICES, type, value, fixed, Strength.LAYER);
  }
}
