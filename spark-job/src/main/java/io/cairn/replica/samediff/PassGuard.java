/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.BaseReduceOp;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.impl.shape.ExpandDims;
import org.nd4j.linalg.api.ops.impl.shape.Gather;
import org.nd4j.linalg.api.ops.impl.shape.Permute;

/**
 * Checks what an operator is about to be given where ND4J's native code believes all of it: an
 * index behind the last row is read from whatever lies there, and a window that does not fit ends
 * the process by a division by zero. Only a pass knows the shapes.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: an IllegalArgumentException naming the operator.
 */
final class PassGuard {

  /** Of windows in two dimensions: height and width of kernel, step, padding and dilation. */
  private static final int[] PLANE = {2, 2, 2, 2};

  /** In three. */
  private static final int[] SPACE = {3, 3, 3, 3};

  /** Of one dimension: kernel, step and padding; the dilation comes later. */
  private static final int[] LINE = {1, 1, 1};

  private static final Map<String, int[]> WINDOWS =
      Map.ofEntries(
          Map.entry("conv1d", LINE),
          Map.entry("conv2d", PLANE),
          Map.entry("depthwise_conv2d", PLANE),
          Map.entry("sconv2d", PLANE),
          Map.entry("deconv2d", PLANE),
          Map.entry("maxpool2d", PLANE),
          Map.entry("avgpool2d", PLANE),
          Map.entry("pnormpool2d", PLANE),
          Map.entry("max_pool_with_argmax", PLANE),
          Map.entry("im2col", PLANE),
          Map.entry("conv3dnew", SPACE),
          Map.entry("deconv3d", SPACE),
          Map.entry("maxpool3dnew", SPACE),
          Map.entry("avgpool3dnew", SPACE));

  /** From here on, a window is larger than any image. */
  private static final long MOST = 1 << 20;

  private PassGuard() {}

  /** Whether an operator moves a window over images, or along a line. */
  static boolean isWindow(DifferentialFunction op) {
    return WINDOWS.containsKey(op.opName());
  }

  /**
   * Throws unless an operator can be computed.
   *
   * @param inputs its arrays, some of which may be null
   */
  static void require(DifferentialFunction op, List<INDArray> inputs) {
    if (inputs.isEmpty() || inputs.get(0) == null) {
      return;
    }
    INDArray first = inputs.get(0);
    if (op instanceof Gather gather) {
      requireRows(gather, inputs);
    } else if (op instanceof BaseReduceOp reduce) {
      INDArray axes = reduce.dimensions();
      if (axes != null && !axes.isEmpty()) {
        requireAxes(op, axes.toIntVector(), first.rank());
      }
    } else if (op instanceof ExpandDims expand && expand.numIArguments() > 0) {
      requireAxes(op, new int[] {expand.getIArgument(0).intValue()}, first.rank() + 1);
    } else if (op instanceof Permute permute && permute.numIArguments() > 0) {
      int[] order = Arrays.stream(permute.iArgs()).mapToInt(Math::toIntExact).toArray();
      requireAxes(op, order, first.rank());
    }
    int[] window = WINDOWS.get(op.opName());
    if (window != null && op instanceof CustomOp custom) {
      requireWindow(op, custom.iArgs(), window, inputs);
    }
  }

  /** Each axis once, and within what there is; none means all. */
  private static void requireAxes(DifferentialFunction op, int[] axes, int rank) {
    if (axes.length == 1 && axes[0] == Integer.MAX_VALUE) {
      return;
    }
    long different =
        Arrays.stream(axes)
            .filter(axis -> axis >= -rank && axis < Math.max(1, rank))
            .map(axis -> axis < 0 ? axis + rank : axis)
            .distinct()
            .count();
    if (different < axes.length) {
      throw new IllegalArgumentException(
          "operator %s (%s) has axes that a value of rank %d does not have, or has twice: %s"
              .formatted(op.getOwnName(), op.opName(), rank, Arrays.toString(axes)));
    }
  }

  /** ND4J reads what lies behind an array without a word. */
  private static void requireRows(Gather gather, List<INDArray> inputs) {
    int axis = gather.numIArguments() == 0 ? 0 : gather.getIArgument(0).intValue();
    if (inputs.size() < 2 || inputs.get(1) == null || inputs.get(1).isEmpty() || axis < 0) {
      return;
    }
    requireAxes(gather, new int[] {axis}, inputs.get(0).rank());
    long rows = inputs.get(0).size(axis);
    long least = inputs.get(1).minNumber().longValue();
    long most = inputs.get(1).maxNumber().longValue();
    if (least < 0 || most >= rows) {
      throw new IllegalArgumentException(
          "operator %s (gather) selects row %d of %d (from 0)"
              .formatted(gather.getOwnName(), least < 0 ? least : most, rows));
    }
  }

  private static void requireWindow(
      DifferentialFunction op, long[] arguments, int[] window, List<INDArray> inputs) {
    String what = "operator %s (%s)".formatted(op.getOwnName(), op.opName());
    int at = 0;
    for (int part = 0; part < window.length; part++) {
      // Without a kernel, that of the weights is meant, where there are any; a padding may be none.
      boolean mayBeNone = part == 2 || (part == 0 && inputs.size() > 1);
      long least = mayBeNone ? 0 : 1;
      for (int i = 0; i < window[part]; i++, at++) {
        if (at >= arguments.length || arguments[at] < least || arguments[at] > MOST) {
          throw new IllegalArgumentException(
              "%s has a window that is none: %s".formatted(what, Arrays.toString(arguments)));
        }
      }
    }
    for (INDArray input : inputs) {
      if (input != null && input.isEmpty()) {
        throw new IllegalArgumentException(what + " is handed nothing");
      }
    }
  }
}
