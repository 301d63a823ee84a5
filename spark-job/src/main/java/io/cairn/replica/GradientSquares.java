/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The squared length of one pass's gradient sum, without running statistics and frozen layers,
 * computed where the gradient is: what it is for, a measure of noise, needs no fixed order of
 * additions, unlike {@link GradientNorm}.
 *
 * <p>Threading: immutable.
 */
final class GradientSquares {

  /** Elements of a product: BLAS counts them by int. */
  private static final long LONGEST = 1L << 30;

  private record Run(long from, long to) {}

  private final List<Run> runs = new ArrayList<>();

  /**
   * Of a flat gradient.
   *
   * @param ranges what lies where in it
   */
  GradientSquares(List<ParameterRange> ranges) {
    for (ParameterRange range : ranges) {
      if (range.kind() == ParameterRange.RangeKind.GRADIENT && range.length() > 0) {
        add(range.offset(), range.offset() + range.length());
      }
    }
  }

  private void add(long from, long to) {
    Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
    if (last != null && last.to() == from && to - last.from() <= LONGEST) {
      runs.set(runs.size() - 1, new Run(last.from(), to));
    } else {
      for (long start = from; start < to; start += LONGEST) {
        runs.add(new Run(start, Math.min(to, start + LONGEST)));
      }
    }
  }

  double of(INDArray gradient) {
    double sum = 0;
    for (Run run : runs) {
      INDArray part =
          run.to() - run.from() == gradient.length()
              ? gradient
              : gradient.get(NDArrayIndex.interval(run.from(), run.to()));
      sum += Nd4j.getBlasWrapper().dot(part, part);
    }
    return sum;
  }
}
