/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.DilatedOperations.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Copies arrays into the form that ND4J's oneDNN code for layers over space and time reads
 * correctly: values in the order of the shape, without gaps.
 *
 * <p>ND4J 1.0.0-M2.1 gives oneDNN the strides of an array only if they are unusual, and then always
 * in the order of the shape, whatever the data format is. With channels last, oneDNN takes the
 * stride of the height for that of the channels and so on. It then reads the wrong values, and
 * reads and writes outside the array. The strides of means, variances and biases are never given.
 * An array in the order of its shape needs no strides.
 *
 * <p>Made for one operation, by {@link RememberingExecutioner}: {@link #arrange} before it, {@link
 * #giveBack} after it.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: none of its own; a copy may not fit in memory, as any array.
 */
final class StridedArguments {

  /** The operations that have a data format and an implementation, or a part of one, by oneDNN. */
  private static final Set<String> OPERATIONS =
      Set.of(
          "conv1d",
          "conv1d_bp",
          "conv2d",
          "conv2d_bp",
          "conv2d_input_bp",
          "conv3dnew",
          "conv3dnew_bp",
          "deconv2d",
          "deconv2d_bp",
          "deconv2d_tf",
          "deconv3d",
          "deconv3d_bp",
          "depthwise_conv2d",
          "depthwise_conv2d_bp",
          "pointwise_conv2d",
          "sconv2d",
          "sconv2d_bp",
          "batchnorm",
          "batchnorm_bp",
          "maxpool2d",
          "maxpool2d_bp",
          "avgpool2d",
          "avgpool2d_bp",
          "maxpool3dnew",
          "maxpool3dnew_bp",
          "avgpool3dnew",
          "avgpool3dnew_bp",
          "xw_plus_b",
          "xw_plus_b_bp",
          "softmax_bp");

  private final OpContext context;
  private final INDArray[] targets;
  private final List<StandIn> standIns = new ArrayList<>();

  private StridedArguments(OpContext context) {
    this.context = context;
    this.targets = context.getOutputArrays().toArray(INDArray[]::new);
  }

  /** Takes the place of an output while the operation runs. */
  private record StandIn(int index, INDArray array) {}

  /**
   * Puts copies in the place of the arrays that the operation would read or write wrongly; nothing
   * for an operation that oneDNN does not compute.
   *
   * @param way {@link Way#IN_FLOAT64}: of all arrays, in that format
   */
  static StridedArguments arrange(String operation, Way way, OpContext context) {
    StridedArguments arguments = new StridedArguments(context);
    if (context.numInputArguments() > 0
        && context.getInputArray(0).dataType() == DataType.FLOAT
        && OPERATIONS.contains(operation)) {
      arguments.arrange(way);
    }
    return arguments;
  }

  private void arrange(Way way) {
    for (int i = 0; i < context.numInputArguments(); i++) {
      INDArray array = context.getInputArray(i);
      if (isWidened(array, way)) {
        context.setInputArray(i, array.castTo(DataType.DOUBLE));
      } else if (!isPlain(array)) {
        context.setInputArray(i, array.dup('c'));
      }
    }
    for (int i = 0; i < targets.length; i++) {
      INDArray target = targets[i];
      if (isWidened(target, way)) {
        standIn(i, Nd4j.createUninitialized(DataType.DOUBLE, target.shape(), 'c'));
      } else if (!isPlain(target)) {
        standIn(i, Nd4j.createUninitialized(target.dataType(), target.shape(), 'c'));
      }
    }
  }

  private void standIn(int index, INDArray array) {
    context.setOutputArray(index, array);
    standIns.add(new StandIn(index, array));
  }

  private static boolean isWidened(INDArray array, Way way) {
    return way == Way.IN_FLOAT64 && array != null && array.dataType() == DataType.FLOAT;
  }

  private static boolean isPlain(INDArray array) {
    return array == null
        || array.isEmpty()
        || array.rank() == 0
        || (array.ordering() == 'c' && Shape.hasDefaultStridesForShape(array));
  }

  /** Copies what the operation wrote to where it belongs, and returns that. */
  INDArray[] giveBack() {
    for (StandIn standIn : standIns) {
      INDArray target = targets[standIn.index()];
      target.assign(standIn.array());
      context.setOutputArray(standIn.index(), target);
    }
    return targets;
  }
}
