/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.impl.LayerVertex;
import org.deeplearning4j.nn.layers.LayerHelper;
import org.deeplearning4j.nn.layers.convolution.Convolution1DLayer;
import org.deeplearning4j.nn.layers.convolution.ConvolutionLayer;
import org.deeplearning4j.nn.layers.convolution.subsampling.SubsamplingLayer;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNBatchNormHelper;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Corrects the fast implementations of layers that Deeplearning4j calls helpers (oneDNN on a CPU),
 * where they compute something else than the layer's own code. {@code
 * docs/decisions/0019-helpers-are-mended.md} lists what is wrong and where it is corrected.
 *
 * <p>Layers create their helpers when they are created, so a network that was cloned or read has
 * Deeplearning4j's helpers again. Every network that computes for a run must be given to {@link
 * #mend} first.
 *
 * <p>Threading: stateless; a network belongs to its own thread.
 *
 * <p>Failure: {@link IllegalStateException} if Deeplearning4j's layers are not built as this class
 * expects, which means another version of it.
 */
final class LayerHelpers {

  private static final Logger LOG = LoggerFactory.getLogger(LayerHelpers.class);

  private LayerHelpers() {}

  /** What is to become of a layer's helper. */
  @FunctionalInterface
  private interface Change {
    /** The helper to have from now on; {@code helper} and the result may be null. */
    LayerHelper of(Layer layer, LayerHelper helper);
  }

  /**
   * Puts right what the network's helpers compute wrongly.
   *
   * @param model a sequential network or a graph, initialised; changed
   */
  static void mend(Model model) {
    requireArrangedArrays(Nd4j.getExecutioner());
    replaceLayers(model);
    requireDilationOverTime(model);
    change(
        model,
        (layer, helper) -> {
          if (helper instanceof MKLDNNBatchNormHelper) {
            return MendedBatchNormalization.fast();
          }
          if (helper == null || isDilated(layer) || countsPadding(layer)) {
            return ownCode(layer);
          }
          return helper;
        });
  }

  /** oneDNN has no such convolution: ND4J would print that it failed, in every new network. */
  private static boolean isDilated(Layer layer) {
    return layer instanceof ConvolutionLayer convolution
        && Arrays.stream(convolution.layerConf().getDilation()).anyMatch(step -> step != 1);
  }

  /** The helper of pooling divides by the values alone, whatever the layer says. */
  private static boolean countsPadding(Layer layer) {
    return layer instanceof SubsamplingLayer pooling
        && pooling.layerConf().isAvgPoolIncludePadInDivisor();
  }

  /**
   * Takes all helpers out of a network, which then computes by the layers' own code alone.
   *
   * @param model a sequential network or a graph, initialised; changed
   */
  static void remove(Model model) {
    change(model, (layer, helper) -> ownCode(layer));
  }

  /** What stands in for code that a layer lacks; null for most. */
  private static LayerHelper ownCode(Layer layer) {
    return layer instanceof BatchNormalization normalization
            && !normalization.layerConf().isLockGammaBeta()
        ? MendedBatchNormalization.plain()
        : null;
  }

  /**
   * Without {@link RememberingExecutioner}, which arranges arrays for oneDNN, puts it in the place
   * of ND4J's own: that is the case where ND4J was started before Cairn. Where somebody has an
   * {@code opexec} of his own, turns oneDNN off in this process: slower, but right.
   */
  static void requireArrangedArrays(OpExecutioner executioner) {
    if (LateStart.isLate(executioner)) {
      LateStart.catchUp();
      return;
    }
    if (!arrangesArrays(executioner) && Nd4j.getEnvironment().helpersAllowed()) {
      LOG.warn(
          "ND4J was started with its own executioner (property opexec), which gives oneDNN arrays"
              + " that it reads wrongly. oneDNN is turned off in this process: results are right,"
              + " convolutions slower");
      Nd4j.getEnvironment().allowHelpers(false);
    }
  }

  /** Whether ND4J hands oneDNN arrays that it reads rightly, or has no oneDNN. */
  static boolean arrangesArrays(OpExecutioner executioner) {
    return !isA(executioner, "NativeOpExecutioner") || isA(executioner, "RememberingExecutioner");
  }

  /**
   * On a GPU, turns cuDNN off in this process for a network with a dilated convolution over time,
   * which nobody has tried with it. With oneDNN only that operation goes without ({@link
   * DilatedOperations}).
   */
  private static void requireDilationOverTime(Model model) {
    if (!isA(Nd4j.getExecutioner(), "NativeOpExecutioner")
        && Nd4j.getEnvironment().helpersAllowed()
        && Arrays.stream(layers(model))
            .anyMatch(layer -> layer instanceof Convolution1DLayer && isDilated(layer))) {
      LOG.warn(
          "the model has a dilated convolution over time: cuDNN is turned off in this process."
              + " Results are right, convolutions slower");
      Nd4j.getEnvironment().allowHelpers(false);
    }
  }

  /** By name, because neither class can be loaded with the CUDA build of ND4J. */
  private static boolean isA(OpExecutioner executioner, String name) {
    for (Class<?> type = executioner.getClass(); type != null; type = type.getSuperclass()) {
      if (type.getSimpleName().equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** Puts layers of our own in the place of those that Deeplearning4j computes wrongly. */
  private static void replaceLayers(Model model) {
    Layer[] layers = layers(model);
    for (int i = 0; i < layers.length; i++) {
      boolean isFirst = i == 0 && model instanceof MultiLayerNetwork;
      Layer instead =
          FrugalDense.insteadOf(
              layers[i], isFirst ? FrugalDense.Place.FIRST : FrugalDense.Place.LATER);
      instead = MendedConvolution1D.insteadOf(instead);
      instead = MendedLossLayer.insteadOf(instead, model.params().dataType());
      instead = MendedMaskZeroLayer.insteadOf(MendedLstm.insteadOf(instead));
      instead = MendedFrozenNormalization.insteadOf(instead);
      if (model instanceof ComputationGraph graph && instead != layers[i]) {
        replaceInVertex(graph, layers[i], instead);
      }
      layers[i] = instead;
    }
  }

  private static void replaceInVertex(ComputationGraph graph, Layer layer, Layer instead) {
    for (GraphVertex vertex : graph.getVertices()) {
      if (vertex instanceof LayerVertex && vertex.getLayer() == layer) {
        try {
          Field field = LayerVertex.class.getDeclaredField("layer");
          field.setAccessible(true);
          field.set(vertex, instead);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException("the layer of a vertex is out of reach", e);
        }
      }
    }
  }

  private static void change(Model model, Change change) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Layer layer : layers(model)) {
      change(layer, change, seen);
    }
  }

  private static Layer[] layers(Model model) {
    if (model instanceof MultiLayerNetwork net) {
      return net.getLayers();
    }
    if (model instanceof ComputationGraph graph) {
      return graph.getLayers();
    }
    throw new IllegalArgumentException(model.getClass() + " is no network");
  }

  /** Also the layers inside of wrappers, which are fields of type Layer. */
  private static void change(Layer layer, Change change, Set<Object> seen) {
    if (layer == null || layer instanceof MultiLayerNetwork || !seen.add(layer)) {
      return;
    }
    try {
      for (Class<?> type = layer.getClass(); type != Object.class; type = type.getSuperclass()) {
        for (Field field : type.getDeclaredFields()) {
          if (Modifier.isStatic(field.getModifiers())) {
            continue;
          }
          if (LayerHelper.class.isAssignableFrom(field.getType())) {
            field.setAccessible(true);
            field.set(layer, change.of(layer, (LayerHelper) field.get(layer)));
          } else if (Layer.class.isAssignableFrom(field.getType())) {
            field.setAccessible(true);
            change((Layer) field.get(layer), change, seen);
          }
        }
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("the helper of " + layer.getClass() + " is out of reach", e);
    }
  }
}
