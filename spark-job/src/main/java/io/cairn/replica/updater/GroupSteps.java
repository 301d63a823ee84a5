/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.replica.HostMemory;
import io.cairn.replica.SquareSum;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Finishes the steps of {@link GroupUpdater}s, which see a gradient and no parameters: adds the
 * decoupled weight decay, {@code rate * decay * parameter} (Loshchilov and Hutter 2019, algorithm
 * 2), and scales steps by trust ratios.
 *
 * <p>The trust ratio of a parameter array is {@code |w| / |r + decay * w|}, where r is Adam's step
 * before the rate; 1 if either norm is 0 (You et al. 2020, algorithm 2, with the identity for phi).
 * Norms are summed in a fixed order, so that all ranks have the same.
 *
 * <p>Owned by the network, as are the arrays.
 *
 * <p>Threading: the replica's thread.
 */
public final class GroupSteps {

  /**
   * A parameter array.
   *
   * @param values a view of its parameters
   * @param step a view of what will be subtracted from them
   */
  private record Part(GroupUpdater updater, long from, long to, INDArray values, INDArray step) {}

  /**
   * Where a parameter array lies in the flat vector.
   *
   * @param from its first value
   * @param to behind its last one
   */
  public record Stretch(GroupUpdater updater, long from, long to) {}

  private final List<Part> parts;
  private final INDArray parameters;
  private final INDArray steps;
  private final SquareSum squares;

  /**
   * The parts of a network whose layers hold such updaters; none, if it has others.
   *
   * @param blocks of its updater
   * @param parameters all of them, flat
   * @param steps the gradient, of which the updater makes steps, flat
   */
  public static GroupSteps of(List<UpdaterBlock> blocks, INDArray parameters, INDArray steps) {
    List<Stretch> stretches = new ArrayList<>();
    for (UpdaterBlock block : blocks) {
      if (!block.isPretrainUpdaterBlock()) {
        block.getLayersAndVariablesInBlock().forEach(state -> add(state, stretches));
      }
    }
    return new GroupSteps(parameters, steps, stretches);
  }

  private static void add(UpdaterBlock.ParamState state, List<Stretch> stretches) {
    long from = state.getParamOffsetStart();
    long to = state.getParamOffsetEnd();
    if (to > from
        && state.getLayer().getConfig().getUpdaterByParam(state.getParamName())
            instanceof GroupUpdater updater) {
      stretches.add(new Stretch(updater, from, to));
    }
  }

  /**
   * The parameter arrays of a flat vector.
   *
   * @param parameters all of them, flat
   * @param steps the gradient, of which updaters make steps, flat
   */
  public GroupSteps(INDArray parameters, INDArray steps, List<Stretch> stretches) {
    this.parameters = parameters;
    this.steps = steps;
    this.squares = new SquareSum(parameters.dataType().width());
    this.parts = new ArrayList<>();
    for (Stretch it : stretches) {
      parts.add(
          new Part(
              it.updater(),
              it.from(),
              it.to(),
              part(parameters, it.from(), it.to()),
              part(steps, it.from(), it.to())));
    }
  }

  private static INDArray part(INDArray vector, long from, long to) {
    return vector.get(NDArrayIndex.interval(from, to));
  }

  /** Finishes the steps of an update, counted from 0. */
  public void finish(int iteration, int epoch) {
    for (Part part : parts) {
      double rate =
          part.updater().hasLearningRate() ? part.updater().getLearningRate(iteration, epoch) : 1;
      if (part.updater().hasTrustRatio()) {
        add(part, part.updater().weightDecay());
        part.step().muli(rate * trustRatio(part));
      } else {
        add(part, part.updater().weightDecay() * rate);
      }
    }
  }

  private static void add(Part part, double share) {
    if (share != 0) {
      Nd4j.exec(new Axpy(part.values(), part.step(), part.step(), share));
    }
  }

  private double trustRatio(Part part) {
    double ofValues = squares.of(HostMemory.of(parameters), part.from(), part.to());
    double ofStep = squares.of(HostMemory.of(steps), part.from(), part.to());
    return ofValues > 0 && ofStep > 0 ? Math.sqrt(ofValues) / Math.sqrt(ofStep) : 1;
  }

  /** The learning rates of an update by group, in the model's order; empty of none has one. */
  public Map<String, Double> rates(int iteration, int epoch) {
    Map<String, Double> rates = new LinkedHashMap<>();
    for (Part part : parts) {
      if (part.updater().hasLearningRate()) {
        rates.computeIfAbsent(
            part.updater().group(), name -> part.updater().getLearningRate(iteration, epoch));
      }
    }
    return rates;
  }
}
