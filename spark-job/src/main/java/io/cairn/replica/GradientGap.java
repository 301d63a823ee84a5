/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * How far two flat gradients are apart, for each parameter. Running statistics are left out, since
 * they are no gradients.
 *
 * <p>A difference is divided by the gradient of the parameter's layer, or by a small share of the
 * whole gradient if that is larger. This matters for a bias before a batch normalization: its
 * gradient is exactly 0, and rounding errors would look large beside it.
 *
 * <p>Threading: immutable.
 *
 * @param parts one for each parameter with a gradient, in the model's order
 */
record GradientGap(List<Part> parts) {

  /**
   * One parameter.
   *
   * @param place its number among all ranges
   * @param difference norm of the difference
   * @param found norm of the one gradient
   * @param expected norm of the other
   * @param scale what the difference is measured by
   */
  record Part(int place, double difference, double found, double expected, double scale) {

    /** The difference as a share; infinite or NaN where a value is. */
    double share() {
      return difference == 0 ? 0 : difference / scale;
    }

    /** Whether it is above a share; a value that is not finite is. */
    boolean exceeds(double share) {
      return !(share() <= share);
    }

    boolean isFinite() {
      return Double.isFinite(found) && Double.isFinite(expected);
    }
  }

  GradientGap {
    parts = List.copyOf(parts);
  }

  /**
   * Compares.
   *
   * @param found flat; borrowed until return
   * @param expected likewise, of any type
   * @param leastShare the part of the whole gradient's norm that a layer's counts as at the least
   */
  static GradientGap between(
      INDArray found, INDArray expected, List<ParameterRange> ranges, double leastShare) {
    Map<String, Double> layers = new HashMap<>();
    List<double[]> norms = new ArrayList<>();
    double whole = 0;
    for (ParameterRange range : ranges) {
      double[] norm = new double[3];
      if (range.kind() == ParameterRange.RangeKind.GRADIENT && range.length() > 0) {
        INDArray a = part(found, range);
        INDArray b = part(expected, range);
        norm[1] = a.norm2Number().doubleValue();
        norm[2] = b.norm2Number().doubleValue();
        norm[0] = a.subi(b).norm2Number().doubleValue();
        layers.merge(range.layer(), norm[2], Math::hypot);
        whole = Math.hypot(whole, norm[2]);
      }
      norms.add(norm);
    }
    List<Part> parts = new ArrayList<>();
    for (int place = 0; place < ranges.size(); place++) {
      ParameterRange range = ranges.get(place);
      if (range.kind() == ParameterRange.RangeKind.GRADIENT && range.length() > 0) {
        double[] norm = norms.get(place);
        double scale = Math.max(layers.get(range.layer()), leastShare * whole);
        parts.add(new Part(place, norm[0], norm[1], norm[2], scale));
      }
    }
    return new GradientGap(parts);
  }

  private static INDArray part(INDArray flat, ParameterRange range) {
    INDArray view =
        flat.get(NDArrayIndex.interval(range.offset(), range.offset() + range.length()));
    return view.dataType() == DataType.DOUBLE ? view.dup() : view.castTo(DataType.DOUBLE);
  }

  /** The largest difference as a share. */
  double largest() {
    return parts.stream().mapToDouble(Part::share).map(GradientGap::finite).max().orElse(0);
  }

  private static double finite(double share) {
    return Double.isNaN(share) ? Double.POSITIVE_INFINITY : share;
  }

  /** The parameters whose difference is above a share. */
  List<Part> exceeding(double share) {
    return parts.stream().filter(part -> part.exceeds(share)).toList();
  }

  /** Whether all values of the expected gradient are numbers. */
  boolean isExpectedFinite() {
    return parts.stream().allMatch(part -> Double.isFinite(part.expected()));
  }

  /** Whether all values of the gradient that was found are numbers. */
  boolean isFoundFinite() {
    return parts.stream().allMatch(part -> Double.isFinite(part.found()));
  }
}
