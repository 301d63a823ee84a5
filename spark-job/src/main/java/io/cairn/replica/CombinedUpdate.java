/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

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
    network.update(Math.toIntExact(examples));
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
    network.update(1);
    return meanNorm;
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
