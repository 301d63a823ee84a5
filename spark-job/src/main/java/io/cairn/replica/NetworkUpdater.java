/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.layers.training.CenterLossOutputLayer;
import org.deeplearning4j.nn.params.CenterLossParamInitializer;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.optimize.api.StepFunction;
import org.deeplearning4j.optimize.stepfunctions.NegativeDefaultStepFunction;
import org.deeplearning4j.optimize.stepfunctions.StepFunctions;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Finds the places of the parameters in the flat vector, and makes the views that DL4J's updater
 * needs. Sequential and graph networks share it.
 *
 * <p>Threading: none of its own.
 */
final class NetworkUpdater {

  private NetworkUpdater() {}

  /**
   * A layer (or a graph vertex with parameters) and the key under which DL4J files its gradients.
   */
  record Part(String key, String name, Trainable trainable) {}

  /** The ranges of all parameters of {@code parts}, which stand in DL4J's flattening order. */
  static List<ParameterRange> ranges(List<Part> parts) {
    List<ParameterRange> ranges = new ArrayList<>();
    long offset = 0;
    for (Part part : parts) {
      for (Map.Entry<String, INDArray> entry : part.trainable().paramTable(false).entrySet()) {
        ParameterRange.RangeKind kind = kind(part.trainable(), entry.getKey());
        long length = entry.getValue().length();
        ranges.add(new ParameterRange(part.name(), entry.getKey(), offset, length, kind));
        offset += length;
      }
    }
    return List.copyOf(ranges);
  }

  /**
   * DL4J itself says of batch normalisation that its statistics are no gradients. The centres of
   * the center loss it divides like gradients, but their "gradient" is a mean already, over each
   * class's examples in the pass.
   */
  private static ParameterRange.RangeKind kind(Trainable trainable, String parameter) {
    if (trainable instanceof FrozenLayer || trainable instanceof FrozenLayerWithBackprop) {
      return ParameterRange.RangeKind.FROZEN;
    }
    if (trainable instanceof CenterLossOutputLayer
        && parameter.equals(CenterLossParamInitializer.CENTER_KEY)) {
      return ParameterRange.RangeKind.CENTRE;
    }
    return trainable.updaterDivideByMinibatch(parameter)
        ? ParameterRange.RangeKind.GRADIENT
        : ParameterRange.RangeKind.BATCH_STATISTIC;
  }

  /**
   * The parts of a gradient that belong to frozen layers which the backward pass goes through. Such
   * a layer has an updater, and penalties, which must not move it.
   *
   * @param gradient flat
   */
  static List<INDArray> frozenOnTheWay(List<Part> parts, INDArray gradient) {
    List<INDArray> frozen = new ArrayList<>();
    long offset = 0;
    for (Part part : parts) {
      long end = offset;
      for (INDArray parameter : part.trainable().paramTable(false).values()) {
        end += parameter.length();
      }
      if (part.trainable() instanceof FrozenLayerWithBackprop && end > offset) {
        frozen.add(gradient.get(NDArrayIndex.interval(offset, end)));
      }
      offset = end;
    }
    return List.copyOf(frozen);
  }

  /**
   * The gradient object that DL4J's updater takes: the flat vector, and a view of each parameter's
   * range for the normalisation per parameter. DL4J makes one in every backward pass; a rank whose
   * window is empty has had none and must update all the same.
   *
   * @param flat the network's own flattened gradient array, the very object
   */
  static Gradient gradientViews(List<Part> parts, INDArray flat) {
    Gradient gradient = new DefaultGradient(flat);
    INDArray vector = flat(flat);
    long offset = 0;
    for (Part part : parts) {
      for (Map.Entry<String, INDArray> entry : part.trainable().paramTable(false).entrySet()) {
        long end = offset + entry.getValue().length();
        String key = part.key() + "_" + entry.getKey();
        gradient.setGradientFor(key, vector.get(NDArrayIndex.interval(offset, end)));
        offset = end;
      }
    }
    return gradient;
  }

  /**
   * The step from parameters and processed gradient to new parameters, as DL4J's own solver would
   * choose it.
   */
  static StepFunction stepFunction(NeuralNetConfiguration conf) {
    StepFunction configured = StepFunctions.createStepFunction(conf.getStepFunction());
    return configured != null ? configured : new NegativeDefaultStepFunction();
  }

  /**
   * Gives a fresh updater's state other first values than ND4J's.
   *
   * @param parts the state of the parameters that share an updater is cut into as many equal parts,
   *     each filled with its number; empty leaves all as it is
   * @param of the class of updaters that is meant
   */
  static void start(
      List<UpdaterBlock> blocks, List<Double> parts, Predicate<Class<? extends IUpdater>> of) {
    if (parts.isEmpty()) {
      return;
    }
    for (UpdaterBlock block : blocks) {
      if (block.getUpdaterView() == null || !of.test(updater(block).getClass())) {
        continue; // such as that of running statistics
      }
      INDArray state = flat(block.getUpdaterView());
      long length = state.length() / parts.size();
      for (int part = 0; part < parts.size(); part++) {
        state
            .get(NDArrayIndex.interval(part * length, (part + 1) * length))
            .assign(parts.get(part));
      }
    }
  }

  /** What the parameters of a block have in common. */
  static IUpdater updater(UpdaterBlock block) {
    UpdaterBlock.ParamState first = block.getLayersAndVariablesInBlock().get(0);
    return first.getLayer().getConfig().getUpdaterByParam(first.getParamName());
  }

  /** Shape [1, P] or [P] to a [P] view of the same memory. */
  static INDArray flat(INDArray array) {
    return array.rank() == 1 ? array : array.reshape(array.length());
  }

  /** Runs the step outside any workspace, so that nothing of it lives in one. */
  static void step(StepFunction function, INDArray parameters, Gradient gradient) {
    try (var scope = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      function.step(parameters, flat(gradient.gradient()));
    }
  }
}
