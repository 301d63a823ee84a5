/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.transforms.custom.ATan2;
import org.nd4j.linalg.api.ops.impl.transforms.custom.Max;
import org.nd4j.linalg.api.ops.impl.transforms.custom.Min;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.DivOp;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.RDivOp;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.SquaredDifferenceOp;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.bp.AddBpOp;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.bp.MulBpOp;

/**
 * ND4J's operators of two operands whose derivatives in 1.0.0-M2.1 are wrong where one operand is
 * stretched over the other, or is one number: a quotient by one number sums the gradient and the
 * dividend each by itself and multiplies the sums. One number need not be meant: the deviation of a
 * layer normalization is one, of a micro-batch of one example.
 *
 * <p>Here they are made of the derivatives of sum and product, which are right in all shapes. Of
 * the larger or smaller of two that are equal, each gets half of the gradient, as in PyTorch; in
 * ND4J both get all of it.
 *
 * <p>They take the place of ND4J's classes in its registry ({@link Mends}), are saved under the
 * same names, and a file with them is read by plain SameDiff.
 *
 * <p>Threading: as any operator: made and differentiated by one thread.
 */
final class MendedPairs {

  private MendedPairs() {}

  /** The classes, and those in whose place they come. */
  static List<DynamicCustomOp> all() {
    return List.of(
        new Quotient(),
        new ReverseQuotient(),
        new SquaredDifference(),
        new Larger(),
        new Smaller(),
        new Angle());
  }

  /** {@code a / b}, whose gradients are {@code g / b} and {@code -g a / b^2}. */
  private static List<SDVariable> ofQuotient(
      SameDiff graph, SDVariable a, SDVariable b, SDVariable gradient) {
    SDVariable reciprocal = graph.math().reciprocal(b);
    SDVariable[] product = new MulBpOp(graph, a, reciprocal, gradient).outputVariables();
    return List.of(product[0], product[1].mul(graph.math().square(reciprocal)).neg());
  }

  /** Sums gradients of the result's shape to the operands' shapes. */
  private static List<SDVariable> summed(
      SameDiff graph, SDVariable a, SDVariable b, SDVariable ofA, SDVariable ofB) {
    return List.of(
        new AddBpOp(graph, a, b, ofA).outputVariables()[0],
        new AddBpOp(graph, a, b, ofB).outputVariables()[1]);
  }

  /** The gradients where the first is chosen by a comparison of both. */
  private static List<SDVariable> ofChoice(
      SameDiff graph, SDVariable a, SDVariable b, SDVariable chosen, SDVariable gradient) {
    SDVariable equal = graph.castTo(graph.eq(a, b), a.dataType());
    SDVariable share = graph.castTo(chosen, a.dataType()).add(equal.mul(0.5));
    return summed(graph, a, b, gradient.mul(share), gradient.mul(share.rsub(1)));
  }

  /** {@code a / b}. */
  public static final class Quotient extends DivOp {

    /** Made by ND4J, by reflection. */
    public Quotient() {}

    @Override
    public List<SDVariable> doDiff(List<SDVariable> gradients) {
      return ofQuotient(sameDiff, arg(0), arg(1), gradients.get(0));
    }
  }

  /** {@code b / a}. */
  public static final class ReverseQuotient extends RDivOp {

    /** Made by ND4J, by reflection. */
    public ReverseQuotient() {}

    @Override
    public List<SDVariable> doDiff(List<SDVariable> gradients) {
      List<SDVariable> swapped = ofQuotient(sameDiff, arg(1), arg(0), gradients.get(0));
      return List.of(swapped.get(1), swapped.get(0));
    }
  }

  /** {@code (a - b)^2}, whose gradients are {@code 2 g (a - b)} and its negative. */
  public static final class SquaredDifference extends SquaredDifferenceOp {

    /** Made by ND4J, by reflection. */
    public SquaredDifference() {}

    @Override
    public List<SDVariable> doDiff(List<SDVariable> gradients) {
      SDVariable ofA = gradients.get(0).mul(arg(0).sub(arg(1))).mul(2);
      return summed(sameDiff, arg(0), arg(1), ofA, ofA.neg());
    }
  }

  /** The larger of two. */
  public static final class Larger extends Max {

    /** Made by ND4J, by reflection. */
    public Larger() {}

    @Override
    public List<SDVariable> doDiff(List<SDVariable> gradients) {
      SDVariable larger = sameDiff.gt(arg(0), arg(1));
      return ofChoice(sameDiff, arg(0), arg(1), larger, gradients.get(0));
    }
  }

  /** The smaller of two. */
  public static final class Smaller extends Min {

    /** Made by ND4J, by reflection. */
    public Smaller() {}

    @Override
    public List<SDVariable> doDiff(List<SDVariable> gradients) {
      SDVariable smaller = sameDiff.lt(arg(0), arg(1));
      return ofChoice(sameDiff, arg(0), arg(1), smaller, gradients.get(0));
    }
  }

  /**
   * The angle whose tangent is {@code a / b}: {@code g b / (a^2 + b^2)} and {@code -g a / (...)}.
   */
  public static final class Angle extends ATan2 {

    /** Made by ND4J, by reflection. */
    public Angle() {}

    @Override
    public List<SDVariable> doDiff(List<SDVariable> gradients) {
      SDVariable squares = sameDiff.math().square(arg(0)).add(sameDiff.math().square(arg(1)));
      SDVariable part = gradients.get(0).div(squares);
      return summed(sameDiff, arg(0), arg(1), part.mul(arg(1)), part.mul(arg(0)).neg());
    }
  }
}
