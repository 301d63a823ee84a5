/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.BaseOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.custom.Invoke;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.BaseCompatOp;
import org.nd4j.linalg.api.ops.impl.layers.ExternalErrorsFunction;
import org.nd4j.linalg.api.ops.impl.shape.CreateView;
import org.nd4j.linalg.api.ops.impl.shape.tensorops.BaseTensorOp;
import org.nd4j.linalg.api.ops.impl.transforms.Assert;
import org.nd4j.linalg.api.ops.impl.transforms.custom.Assign;
import org.nd4j.linalg.api.ops.impl.transforms.gradient.GradientBackwardsMarker;
import org.nd4j.linalg.api.ops.impl.transforms.same.Identity;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An operator of a {@link PassPlan}.
 *
 * <p>Threading: that of its plan.
 */
final class PlannedStep {

  /** Whose outputs' shapes follow from shapes alone. */
  private static final Set<String> BY_SHAPES =
      Set.of(
          "matmul",
          "add",
          "subtract",
          "multiply",
          "divide",
          "add_bp",
          "subtract_bp",
          "multiply_bp",
          "shape_of",
          "square",
          "sqrt",
          "exp",
          "erf",
          "neg",
          "Reciprocal",
          "mul_scalar",
          "add_scalar",
          "rsub_scalar",
          "pow",
          "_powderivative",
          "softmax",
          "softmax_bp",
          "log_softmax",
          "log_softmax_bp",
          "tanh",
          "tanh_bp",
          "cast",
          "zeroslike",
          "ones_as",
          "gather",
          "scatter_add");

  /** Whose outputs' shapes follow from shapes and the whole numbers behind the first operand. */
  private static final Set<String> BY_NUMBERS =
      Set.of(
          "reshape",
          "slice",
          "strided_slice",
          "expand_dims",
          "permute",
          "reduce_mean",
          "reduce_mean_bp",
          "reduce_sum_bp",
          "concat");

  private static final int MOST_NUMBERS = 16;

  private final SameDiffOp step;
  private final DifferentialFunction op;
  private final OpContext context;
  private final int[] inputs;
  private final int[] outputs;
  private final boolean kept;
  private final DataType[] types;
  private final INDArray[] places;
  private final boolean ofShape;
  private final boolean byShapes;
  private final boolean byNumbers;
  private int[] ended = new int[0];
  private List<long[]> known;
  private LongShapeDescriptor[] shapes;
  private INDArray[] results;

  /**
   * @param inputs places of its operands among the values of a pass
   * @param outputs places of what it computes
   * @param kept whether its outputs are lists of numbers that follow from shapes
   * @param types of its outputs
   * @param places where outputs go that are gradients; null for others
   */
  PlannedStep(
      SameDiffOp step,
      OpContext context,
      int[] inputs,
      int[] outputs,
      boolean kept,
      DataType[] types,
      INDArray[] places) {
    this.step = step;
    this.op = step.getOp();
    this.context = context;
    this.inputs = inputs;
    this.outputs = outputs;
    this.kept = kept;
    this.types = types;
    this.places = places;
    this.ofShape = op.opName().equals("shape_of");
    // A third operand of gather is an axis.
    this.byShapes =
        BY_SHAPES.contains(op.opName()) && !(op.opName().equals("gather") && inputs.length > 2);
    this.byNumbers = BY_NUMBERS.contains(op.opName());
  }

  /** Whether an operator can be computed without SameDiff's session. */
  static boolean isPossible(SameDiffOp step, OpContext context) {
    DifferentialFunction op = step.getOp();
    if (context == null
        || op instanceof BaseCompatOp
        || op instanceof BaseTensorOp
        || op instanceof Identity
        || op instanceof Assign
        || op instanceof GradientBackwardsMarker
        || op instanceof CreateView
        || op instanceof ExternalErrorsFunction
        || op instanceof Invoke
        || op instanceof Assert) {
      return false;
    }
    // Of the older operators, a second operand is an argument for some.
    return op instanceof DynamicCustomOp
        || (op instanceof BaseOp
            && step.getInputsToOp() != null
            && step.getInputsToOp().size() == 1);
  }

  /** Nothing behind it reads a value. */
  void endsUseOf(int slot) {
    ended = Arrays.copyOf(ended, ended.length + 1);
    ended[ended.length - 1] = slot;
  }

  /**
   * Computes it.
   *
   * @param values of the pass
   * @param fresh which of them are not those of the pass before, for all that is known
   * @param placeholders of the pass, by their names
   */
  void compute(
      INDArray[] values,
      boolean[] fresh,
      Map<String, INDArray> placeholders,
      PassArrays arrays,
      DropoutMasks masks,
      Shortcuts shortcuts) {
    INDArray[] operands = new INDArray[inputs.length];
    boolean same = true;
    for (int i = 0; i < operands.length; i++) {
      operands[i] = values[inputs[i]];
      same &= !fresh[inputs[i]];
    }
    if (kept && results != null && (ofShape ? isKnown(operands) : same)) {
      for (int i = 0; i < outputs.length; i++) {
        values[outputs[i]] = results[i];
      }
    } else {
      run(operands, values, placeholders, arrays, masks, shortcuts);
      for (int slot : outputs) {
        fresh[slot] = true;
      }
      if (kept) {
        keep(values);
      }
    }
    for (int slot : ended) {
      arrays.release(values[slot]);
      values[slot] = null;
    }
  }

  private void run(
      INDArray[] operands,
      INDArray[] values,
      Map<String, INDArray> placeholders,
      PassArrays arrays,
      DropoutMasks masks,
      Shortcuts shortcuts) {
    List<INDArray> given = Arrays.asList(operands);
    PassGuard.require(op, given);
    Map<String, INDArray> read = masks.in(placeholders, step.getInputsToOp(), given);
    for (int i = 0; i < operands.length && read != placeholders; i++) {
      String name = step.getInputsToOp().get(i);
      if (read.get(name) != placeholders.get(name)) {
        operands[i] = read.get(name);
      }
    }
    arrays.next(op.getOwnName() + " (" + op.opName() + ")", PassGuard.isWindow(op));
    if (op instanceof DynamicCustomOp custom) {
      context.setArgs(operands, custom.iArgs(), custom.dArgs(), custom.tArgs(), custom.bArgs());
    } else {
      context.setInputArray(0, operands[0]);
    }
    LongShapeDescriptor[] found = shapes(operands);
    for (int i = 0; i < outputs.length; i++) {
      INDArray place = places[i];
      boolean direct =
          place != null
              && place.dataType() == found[i].dataType()
              && Arrays.equals(place.shape(), found[i].getShape());
      context.setOutputArray(i, direct ? place : arrays.allocate(false, found[i]));
    }
    if (!shortcuts.compute(op, context)) {
      if (op instanceof DynamicCustomOp custom) {
        Nd4j.exec(custom, context);
      } else {
        Nd4j.exec((Op) op, context);
      }
    }
    for (int i = 0; i < outputs.length; i++) {
      INDArray result = context.getOutputArray(i);
      values[outputs[i]] = result;
      if (places[i] != null && places[i] != result) {
        places[i].assign(
            Arrays.equals(places[i].shape(), result.shape())
                ? result
                : result.reshape(places[i].shape()));
      }
    }
    op.clearArrays();
    context.purge();
  }

  private LongShapeDescriptor[] shapes(INDArray[] operands) {
    if ((byShapes || byNumbers) && isKnown(operands)) {
      return shapes;
    }
    List<LongShapeDescriptor> found =
        op instanceof DynamicCustomOp custom
            ? custom.calculateOutputShape(context)
            : ((BaseOp) op).calculateOutputShape(context);
    if (found == null || found.size() != outputs.length) {
      throw new IllegalStateException(
          "operator %s (%s) has no shapes for its outputs".formatted(op.getOwnName(), op.opName()));
    }
    shapes = new LongShapeDescriptor[outputs.length];
    for (int i = 0; i < shapes.length; i++) {
      LongShapeDescriptor shape = found.get(i);
      // What an operator says of the type is not always what SameDiff's variable has.
      boolean custom = op instanceof DynamicCustomOp && shape.dataType() != types[i];
      shapes[i] = custom ? shape.asDataType(types[i]) : shape;
    }
    known = byShapes || byNumbers ? described(operands) : null;
    return shapes;
  }

  private boolean isKnown(INDArray[] operands) {
    if (known == null) {
      return false;
    }
    List<long[]> now = described(operands);
    if (now == null || now.size() != known.size()) {
      return false;
    }
    for (int i = 0; i < now.size(); i++) {
      if (!Arrays.equals(now.get(i), known.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** All that the shapes of outputs follow from; null if that is more than can be told. */
  private List<long[]> described(INDArray[] operands) {
    List<long[]> all = new ArrayList<>(operands.length);
    for (int i = 0; i < operands.length; i++) {
      INDArray operand = operands[i];
      all.add(operand.shape());
      if (byNumbers && i > 0 && operand.dataType().isIntType()) {
        if (operand.length() > MOST_NUMBERS) {
          return null;
        }
        all.add(numbers(operand));
      }
    }
    return all;
  }

  private static long[] numbers(INDArray of) {
    long[] numbers = new long[Math.toIntExact(of.length())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = of.getLong(i);
    }
    return numbers;
  }

  private void keep(INDArray[] values) {
    close();
    results = new INDArray[outputs.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = values[outputs[i]].dup().detach();
    }
  }

  /** Frees what it has kept. */
  void close() {
    if (results != null) {
      for (INDArray result : results) {
        if (result.closeable()) {
          result.close();
        }
      }
      results = null;
    }
  }
}
