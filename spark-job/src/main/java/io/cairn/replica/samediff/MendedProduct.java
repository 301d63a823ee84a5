/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;

/**
 * ND4J's {@code matmul} with a derivative that is right for a product of one number. That of ND4J
 * 1.0.0-M2.1 is wrong then if a factor is transposed, and fails if both factors are one number,
 * too: a layer with one output, of a micro-batch of one example.
 *
 * <p>Here the derivatives are products themselves. Whichever of them a pass does not need, such as
 * that of the examples, it does not compute.
 *
 * <p>It takes the place of ND4J's class in its registry ({@link Mends}), is saved under the same
 * name, and a file with it is read by plain SameDiff.
 *
 * <p>Threading: as any operator: made and differentiated by one thread.
 */
public final class MendedProduct extends Mmul {

  /** Made by ND4J, by reflection. */
  public MendedProduct() {}

  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    if (isVector(arg(0)) || isVector(arg(1))) {
      return super.doDiff(gradients);
    }
    boolean first = isTransposed(0);
    boolean second = isTransposed(1);
    if (!isTransposed(2)) {
      return ofFactors(arg(0), first, arg(1), second, gradients.get(0));
    }
    // The transposed product is that of the transposed factors in the other order.
    List<SDVariable> swapped = ofFactors(arg(1), !second, arg(0), !first, gradients.get(0));
    return List.of(swapped.get(1), swapped.get(0));
  }

  /** With {@code G} the product's gradient: {@code G B'} and {@code A' G} for {@code A B}. */
  private List<SDVariable> ofFactors(
      SDVariable a, boolean aTransposed, SDVariable b, boolean bTransposed, SDVariable gradient) {
    return List.of(
        aTransposed
            ? sameDiff.mmul(b, gradient, bTransposed, true, false)
            : sameDiff.mmul(gradient, b, false, !bTransposed, false),
        bTransposed
            ? sameDiff.mmul(gradient, a, true, aTransposed, false)
            : sameDiff.mmul(a, gradient, !aTransposed, false, false));
  }

  private boolean isTransposed(int which) {
    return numIArguments() > which && getIArgument(which) != 0;
  }

  private static boolean isVector(SDVariable factor) {
    return GraphWalk.held(factor) && factor.getArr() != null && factor.getArr().rank() == 1;
  }
}
