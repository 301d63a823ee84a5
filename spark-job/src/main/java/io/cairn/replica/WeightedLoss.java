/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * A loss that is multiplied by the weight of each example. It is correct for every loss that is a
 * sum over rows in which each term depends on one row alone.
 *
 * <p>Threading: the replica's thread; for one pass.
 */
final class WeightedLoss implements ILossFunction {
  private static final long serialVersionUID = 1L;

  /** How DL4J lays out the steps, or the pixels, of a batch's examples as rows. */
  enum RowOrder {
    /** All of an example's, then those of the next. */
    EXAMPLE_BY_EXAMPLE,
    /** The first step of all examples, then the second. */
    STEP_BY_STEP
  }

  private final ILossFunction loss;
  private final transient ExampleWeights weights;
  private final RowOrder order;

  WeightedLoss(ILossFunction loss, ExampleWeights weights, RowOrder order) {
    this.loss = loss;
    this.weights = weights;
    this.order = order;
  }

  @Override
  public double computeScore(
      INDArray labels,
      INDArray preOutput,
      IActivation activationFn,
      INDArray mask,
      boolean average) {
    if (!weights.areGiven()) {
      return loss.computeScore(labels, preOutput, activationFn, mask, average);
    }
    INDArray scores = loss.computeScoreArray(labels, preOutput, activationFn, mask);
    double[] rows = scores.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double sum = 0;
    for (int row = 0; row < rows.length; row++) {
      sum += rows[row] * weight(row, rows.length);
    }
    return average ? sum / rows.length : sum;
  }

  @Override
  public INDArray computeScoreArray(
      INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
    INDArray scores = loss.computeScoreArray(labels, preOutput, activationFn, mask);
    if (!weights.areGiven()) {
      return scores;
    }
    return scores.muli(column(scores.length(), scores.dataType()).reshape(scores.shape()));
  }

  @Override
  public INDArray computeGradient(
      INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
    // Most activations write the gradient into what they are given.
    INDArray gradient = loss.computeGradient(labels, preOutput.dup(), activationFn, mask);
    if (!weights.areGiven()) {
      return gradient;
    }
    return gradient.muliColumnVector(column(gradient.size(0), gradient.dataType()));
  }

  @Override
  public Pair<Double, INDArray> computeGradientAndScore(
      INDArray labels,
      INDArray preOutput,
      IActivation activationFn,
      INDArray mask,
      boolean average) {
    return new Pair<>(
        computeScore(labels, preOutput, activationFn, mask, average),
        computeGradient(labels, preOutput, activationFn, mask));
  }

  private INDArray column(long rows, DataType type) {
    double[] values = new double[Math.toIntExact(rows)];
    for (int row = 0; row < values.length; row++) {
      values[row] = weight(row, values.length);
    }
    return Nd4j.createFromArray(values).castTo(type).reshape(rows, 1);
  }

  private double weight(int row, int rows) {
    int examples = weights.examples();
    return weights.of(
        switch (order) {
          case EXAMPLE_BY_EXAMPLE -> (int) ((long) row * examples / rows);
          case STEP_BY_STEP -> row % examples;
        });
  }

  @Override
  public String name() {
    return loss.name();
  }
}
