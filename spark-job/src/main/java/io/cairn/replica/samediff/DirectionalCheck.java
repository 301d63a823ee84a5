/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.List;
import java.util.function.DoubleSupplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Holds a gradient against the loss itself: along a direction, the loss must rise as the gradient
 * says. Where it does not, an operator's derivative is wrong, and the gradient is changed into one
 * that fits. Whoever compares it with the gradient of the run then finds the difference.
 *
 * <p>The direction is that of the gradient, for each variable by itself, or for some together where
 * there are many. So a gradient that is wrong by a factor shows in full. Where the gradient is
 * zero, the direction is a fixed pattern, so that one that is missing shows too.
 *
 * <p>Threading: one thread.
 */
public final class DirectionalCheck {

  /** Directions at the most: each takes two forward passes. */
  private static final int MOST_DIRECTIONS = 24;

  /** Times the gradient's norm: about the third root of float64's precision. */
  private static final double STEP = 1e-5;

  /** What is left of curvature and rounding, and of kinks near the examples. */
  private static final double TOLERANCE = 1e-3;

  /** A gradient that is less than this part of the whole is not measured. */
  private static final double SMALL = 1e-4;

  private DirectionalCheck() {}

  /**
   * Changes what does not fit.
   *
   * @param values in float64; changed on the way, and put back
   * @param gradient of these values
   * @param parameters those that are trained, in the order of the vector
   * @param loss at the values as they are
   */
  public static void correct(
      INDArray values, INDArray gradient, List<GraphParameter> parameters, DoubleSupplier loss) {
    double whole = gradient.norm2Number().doubleValue();
    int together = Math.floorDiv(parameters.size() + MOST_DIRECTIONS - 1, MOST_DIRECTIONS);
    int first = 0;
    while (first < parameters.size()) {
      int last = first;
      // What is frozen lies between, and has no gradient.
      while (last + 1 < Math.min(parameters.size(), first + together)
          && parameters.get(last + 1).offset() == parameters.get(last).end()) {
        last++;
      }
      long from = parameters.get(first).offset();
      long to = parameters.get(last).end();
      correct(
          values.get(NDArrayIndex.interval(from, to)),
          gradient.get(NDArrayIndex.interval(from, to)),
          whole,
          loss);
      first = last + 1;
    }
  }

  private static void correct(
      INDArray values, INDArray gradient, double whole, DoubleSupplier loss) {
    double norm = gradient.norm2Number().doubleValue();
    if (!Double.isFinite(norm)) {
      return;
    }
    boolean none = norm == 0;
    if (!none && norm < SMALL * whole) {
      return;
    }
    INDArray direction = none ? pattern(gradient.length()) : gradient.div(norm);
    double step = STEP * Math.max(1e-3, values.norm2Number().doubleValue());
    INDArray before = values.dup();
    values.assign(before.add(direction.mul(step)));
    double above = loss.getAsDouble();
    values.assign(before.sub(direction.mul(step)));
    double below = loss.getAsDouble();
    values.assign(before);
    double rise = (above - below) / (2 * step);
    double off = rise - norm;
    double noise = 1e-12 * Math.abs(above) / step;
    if (Math.abs(off) > TOLERANCE * Math.max(norm, none ? whole : 0) + noise) {
      gradient.addi(direction.mul(off));
    }
    direction.close();
    before.close();
  }

  private static INDArray pattern(long length) {
    INDArray signs = Nd4j.createUninitialized(org.nd4j.linalg.api.buffer.DataType.DOUBLE, length);
    for (long i = 0; i < length; i++) {
      signs.putScalar(i, i % 3 == 0 ? -1 : 1);
    }
    return signs.divi(Math.sqrt(length));
  }
}
