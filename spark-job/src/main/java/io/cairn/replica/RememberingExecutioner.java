/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.BroadcastOp;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.shape.TadPack;
import org.nd4j.linalg.cpu.nativecpu.ops.NativeOpExecutioner;

/**
 * ND4J's own executioner for the CPU with five additions. It remembers how arrays are cut along
 * dimensions. It copies arrays for operations that would read them wrongly ({@link
 * StridedArguments}). It keeps dilated operations from oneDNN ({@link DilatedOperations}). It holds
 * on to what an operation reads until its native code has returned. It lets a graph reduce along a
 * dimension of length 1.
 *
 * <p>An operation along rows or columns needs the shape and the offsets of the pieces ("TADs").
 * ND4J's native library computes them once for each shape and keeps them as long as the process
 * lives. But ND4J 1.0.0-M2.1 wraps them in new buffers each time, which must be registered and
 * freed. This class keeps those wrappers, in a limited number.
 *
 * <p>{@link ComputeDevice} puts this class in place.
 *
 * <p>Threading: safe everywhere.
 */
public final class RememberingExecutioner extends NativeOpExecutioner {

  private static final int MOST_KEPT = 1000;

  private final Map<Cut, TadPack> kept = new ConcurrentHashMap<>();

  /** Made by ND4J, by name. */
  public RememberingExecutioner() {}

  @Override
  public TadPack tadShapeInfoAndOffsets(INDArray array, int[] dimensions) {
    Cut cut = new Cut(array.shapeInfoJava(), dimensions);
    TadPack known = kept.get(cut);
    if (known != null) {
      return known;
    }
    TadPack made = super.tadShapeInfoAndOffsets(array, dimensions);
    if (kept.size() < MOST_KEPT) {
      kept.put(new Cut(cut.shapeInfo.clone(), cut.dimensions.clone()), made);
    }
    return made;
  }

  /**
   * ND4J does not refer to the operation any more when its native code begins. If the garbage
   * collector runs in that moment, the dimensions, which only the operation holds, are freed before
   * they are read: the process crashes.
   */
  @Override
  public INDArray exec(BroadcastOp op, OpContext context) {
    try {
      return super.exec(op, context);
    } finally {
      Reference.reachabilityFence(op);
    }
  }

  /**
   * To reduce a row along its columns' dimension is to copy it. ND4J then asks the operation for
   * its arrays, which SameDiff has put into the context alone.
   */
  @Override
  public INDArray exec(ReduceOp op, OpContext context) {
    if (context == null || op.x() != null) {
      return super.exec(op, context);
    }
    op.setX(context.getInputArray(0));
    op.setZ(context.getOutputArray(0));
    try {
      return super.exec(op, context);
    } finally {
      op.setX(null);
      op.setZ(null);
    }
  }

  @Override
  public INDArray[] exec(CustomOp op, OpContext context) {
    if (op.opName().equals("softmax")) {
      // oneDNN's is wrong along the channels of images; ND4J's own is as fast.
      context.allowHelpers(false);
    }
    if (op.opName().equals("svd") && context.numIArguments() == 3) {
      // Above the size in the third argument ND4J divides and conquers: the vectors are not
      // orthogonal, and memory is overwritten. Below it, it goes by Jacobi's method.
      context.setIArguments(
          context.getIArguments().get(0), context.getIArguments().get(1), Integer.MAX_VALUE);
    }
    DilatedOperations.Way way = DilatedOperations.way(op.opName(), context);
    StridedArguments arguments = StridedArguments.arrange(op.opName(), way, context);
    if (way == DilatedOperations.Way.AS_IMAGE) {
      TimeStepsAsImage image = TimeStepsAsImage.arrange(op.opName(), context);
      super.exec(image.operation(), context);
      image.giveBack();
    } else {
      if (way == DilatedOperations.Way.OWN_CODE) {
        context.allowHelpers(false);
      }
      super.exec(op, context);
    }
    return arguments.giveBack();
  }

  /** Rank, lengths, strides, order and type of an array; and the dimensions to cut along. */
  private record Cut(long[] shapeInfo, int[] dimensions) {

    @Override
    public boolean equals(Object other) {
      return other instanceof Cut cut
          && Arrays.equals(shapeInfo, cut.shapeInfo)
          && Arrays.equals(dimensions, cut.dimensions);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(shapeInfo) + Arrays.hashCode(dimensions);
    }
  }
}
