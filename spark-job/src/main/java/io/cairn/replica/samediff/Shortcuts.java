/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.Arrays;
import java.util.function.Predicate;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.ScalarOp;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMultiplication;
import org.nd4j.linalg.api.ops.impl.transforms.custom.Assign;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Operators of a pass that are computed by others of ND4J's that are many times as fast. Results
 * are the same but for the order in which numbers are added.
 *
 * <ul>
 *   <li>{@code reshape} copies; here its output is the same memory in another shape.
 *   <li>The derivatives of sum, difference and product copy the operand that is stretched in full
 *       length, sum along columns number by number, and compute both gradients even if one is that
 *       of a constant. Here sums are products with a vector of ones, and what nobody wants is left
 *       out.
 *   <li>The derivative of a square calls {@code pow}.
 * </ul>
 *
 * <p>Threading: that of its session.
 */
final class Shortcuts {

  /** How an operand of a pair is stretched to the shape of the result. */
  private enum Stretch {
    /** Not at all. */
    NONE,
    /** A number for each place of the last dimension: {@code [d]}, {@code [1, d]}. */
    ROW,
    /** A number for each row: {@code [..., 1]}. */
    COLUMN,
    /** Another way. */
    OTHER
  }

  private final PassArrays arrays;
  private final Predicate<String> wanted;
  private final boolean shares;

  /**
   * @param arrays of the session
   * @param wanted whether anybody needs a variable in this pass
   */
  Shortcuts(SameDiff graph, PassArrays arrays, Predicate<String> wanted) {
    // It writes to its input.
    this.shares = graph.getOps().values().stream().noneMatch(it -> it.getOp() instanceof Assign);
    this.arrays = arrays;
    this.wanted = wanted;
  }

  /**
   * Computes an operator, if there is a shorter way.
   *
   * @param context with its inputs, and outputs that may be replaced
   * @return whether it is done
   */
  boolean compute(DifferentialFunction op, OpContext context) {
    return switch (op.opName()) {
      case "reshape" -> reshape((CustomOp) op, context);
      case "add_bp", "subtract_bp", "multiply_bp" -> pair(op, context);
      case "_powderivative" -> square((ScalarOp) op, context);
      default -> false;
    };
  }

  private boolean reshape(CustomOp op, OpContext context) {
    INDArray from = context.getInputArray(0);
    INDArray to = context.getOutputArray(0);
    boolean columnsFirst = Arrays.stream(op.iArgs()).anyMatch(it -> it == -'f');
    return !columnsFirst && share(from, to, context, 0);
  }

  /** An output becomes the same memory as an input, where both are arrays of the pass. */
  private boolean share(INDArray from, INDArray to, OpContext context, int output) {
    if (!shares
        || from.length() != to.length()
        || from.dataType() != to.dataType()
        || !arrays.gave(from)
        || !arrays.gave(to)) {
      return false;
    }
    INDArray same = arrays.again(from, to.shape());
    arrays.release(to);
    context.setOutputArray(output, same);
    return true;
  }

  private boolean pair(DifferentialFunction op, OpContext context) {
    INDArray gradient = context.getInputArray(2);
    if (context.numInputArguments() != 3 || gradient.isEmpty() || gradient.rank() == 0) {
      return false;
    }
    String[] names = op.outputVariablesNames();
    Stretch[] stretches = new Stretch[2];
    boolean[] needed = new boolean[2];
    for (int i = 0; i < 2; i++) {
      needed[i] = wanted.test(names[i]);
      stretches[i] = stretch(context.getInputArray(i), gradient);
      if (context.getInputArray(i).dataType() != gradient.dataType()
          || context.getOutputArray(i).dataType() != gradient.dataType()
          || (needed[i] && stretches[i] == Stretch.OTHER)) {
        return false;
      }
    }
    for (int i = 0; i < 2; i++) {
      if (needed[i]) {
        switch (op.opName()) {
          case "multiply_bp" ->
              ofFactor(gradient, context.getInputArray(1 - i), stretches[i], context, i);
          case "subtract_bp" -> {
            ofTerm(gradient, stretches[i], context, i);
            if (i == 1) {
              negate(context, gradient, stretches[i]);
            }
          }
          default -> ofTerm(gradient, stretches[i], context, i);
        }
      }
    }
    return true;
  }

  /** The gradient of an operand of a sum. */
  private void ofTerm(INDArray gradient, Stretch stretch, OpContext context, int output) {
    INDArray to = context.getOutputArray(output);
    if (stretch != Stretch.NONE) {
      sum(gradient, stretch, to);
    } else if (!share(gradient, to, context, output)) {
      to.assign(gradient);
    }
  }

  /** Of the second operand of a difference, whose gradient has been put in place. */
  private void negate(OpContext context, INDArray gradient, Stretch stretch) {
    INDArray sum = context.getOutputArray(1);
    if (stretch == Stretch.NONE && arrays.gave(sum)) {
      // It is the gradient's own memory.
      INDArray own = arrays.allocate(false, gradient.dataType(), gradient.shape());
      arrays.release(sum);
      context.setOutputArray(1, own);
      Nd4j.getExecutioner().exec(new ScalarMultiplication(gradient, null, own, -1));
    } else {
      sum.muli(-1);
    }
  }

  /** The gradient of an operand of a product. */
  private void ofFactor(
      INDArray gradient, INDArray other, Stretch stretch, OpContext context, int output) {
    INDArray to = context.getOutputArray(output);
    if (stretch == Stretch.NONE) {
      multiply(gradient, other, to);
    } else {
      INDArray products = arrays.allocate(false, gradient.dataType(), gradient.shape());
      multiply(gradient, other, products);
      sum(products, stretch, to);
      arrays.release(products);
    }
  }

  private static void multiply(INDArray a, INDArray b, INDArray to) {
    Nd4j.exec(DynamicCustomOp.builder("multiply").addInputs(a, b).addOutputs(to).build());
  }

  /** Of rows, or of columns, as a product with ones. */
  private void sum(INDArray of, Stretch stretch, INDArray to) {
    long columns = of.size(of.rank() - 1);
    long rows = of.length() / columns;
    boolean along = stretch == Stretch.ROW;
    INDArray ones =
        along
            ? arrays.allocate(false, of.dataType(), 1, rows)
            : arrays.allocate(false, of.dataType(), columns, 1);
    ones.assign(1);
    INDArray matrix = of.reshape('c', rows, columns);
    INDArray sum = along ? to.reshape('c', 1, columns) : to.reshape('c', rows, 1);
    Nd4j.exec(
        DynamicCustomOp.builder("matmul")
            .addInputs(along ? ones : matrix, along ? matrix : ones)
            .addOutputs(sum)
            .build());
    arrays.release(ones);
  }

  private static Stretch stretch(INDArray operand, INDArray result) {
    long[] from = operand.shape();
    long[] to = result.shape();
    if (Arrays.equals(from, to)) {
      return Stretch.NONE;
    }
    long columns = to[to.length - 1];
    if (from.length > 0
        && from.length <= to.length
        && operand.length() == columns
        && from[from.length - 1] == columns) {
      return Stretch.ROW;
    }
    boolean rows =
        from.length == to.length
            && from[from.length - 1] == 1
            && Arrays.equals(from, 0, from.length - 1, to, 0, to.length - 1);
    return rows ? Stretch.COLUMN : Stretch.OTHER;
  }

  private static boolean square(ScalarOp op, OpContext context) {
    if (op.scalar() == null || op.scalar().getDouble(0) != 2) {
      return false;
    }
    INDArray from = context.getInputArray(0);
    INDArray to = context.getOutputArray(0);
    if (from.isEmpty() || from.dataType() != to.dataType()) {
      return false;
    }
    Nd4j.getExecutioner().exec(new ScalarMultiplication(from, null, to, 2));
    return true;
  }
}
