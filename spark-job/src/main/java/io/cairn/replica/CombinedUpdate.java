/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.OptionalDouble;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.BooleanIndexing;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.indexing.conditions.Conditions;

/**
 * Makes one exact update from the combined sum of all ranks: divide, clip, then apply
 * Deeplearning4j's own updater. {@link Replica#update} and {@link Replica#updateWeighted} describe
 * the arguments.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the replica's thread.
 */
final class CombinedUpdate {

  /**
   * The moments of a parameter whose gradient stays zero, such as that of a unit that no longer
   * fires or of a row of an embedding that no example names, shrink until they are subnormal, and
   * stay so for ever. A processor computes with such numbers a hundred times more slowly. They are
   * too small to change a parameter, so from time to time they become zero.
   */
  private static final int FLUSH_EVERY_UPDATES = 32;

  private final Network network;
  private final GradientAccumulator accumulator;

  CombinedUpdate(Network network, GradientAccumulator accumulator) {
    this.network = network;
    this.accumulator = accumulator;
  }

  /** Divides by the number of examples; returns the mean gradient's norm before clipping. */
  double by(long examples, double gradientSumNorm, OptionalDouble clipGlobalNorm) {
    INDArray gradient = combined(examples);
    double meanNorm = gradientSumNorm / (network.dividesByExamples() ? examples : 1);
    clip(gradient, meanNorm, clipGlobalNorm);
    update(Math.toIntExact(examples));
    return meanNorm;
  }

  /** Divides by the sum of weights. */
  double byWeight(
      long examples, double weight, double gradientSumNorm, OptionalDouble clipGlobalNorm) {
    INDArray gradient = combined(examples);
    double divisor = network.dividesByExamples() ? weight : 1;
    scaleGradients(gradient, 1 / divisor);
    double meanNorm = gradientSumNorm / divisor;
    clip(gradient, meanNorm, clipGlobalNorm);
    // DL4J's updater divides by a whole number only; it has been done.
    update(1);
    return meanNorm;
  }

  private void update(int examples) {
    network.update(examples);
    INDArray state = network.updaterState();
    if (state != null && network.iteration() % FLUSH_EVERY_UPDATES == 0) {
      BooleanIndexing.replaceWhere(state, 0, Conditions.absLessThan(leastNormal(state)));
    }
  }

  private static double leastNormal(INDArray state) {
    return state.dataType() == DataType.DOUBLE ? Double.MIN_NORMAL : Float.MIN_NORMAL;
  }

  /** The combined sum in the network's own array. */
  private INDArray combined(long examples) {
    accumulator.hostChanged();
    accumulator.averageStatistics(examples);
    INDArray gradient = network.gradient();
    accumulator.giveTo(gradient);
    return gradient;
  }

  private void clip(INDArray gradient, double meanNorm, OptionalDouble clipGlobalNorm) {
    if (clipGlobalNorm.isPresent() && meanNorm > clipGlobalNorm.getAsDouble()) {
      scaleGradients(gradient, clipGlobalNorm.getAsDouble() / meanNorm);
    }
  }

  private void scaleGradients(INDArray gradient, double factor) {
    for (ParameterRange range : network.ranges()) {
      if (range.kind() == ParameterRange.RangeKind.GRADIENT) {
        gradient
            .get(NDArrayIndex.interval(range.offset(), range.offset() + range.length()))
            .muli(factor);
      }
    }
  }
}
