/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.autodiff.samediff.internal.memory.ArrayCacheMemoryMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;

/**
 * The arrays of passes, which are used again. None is made that cannot be: a damaged graph, or one
 * that is not for the data, may ask for more than the machine has, and would end the process.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: an IllegalArgumentException naming the operator.
 */
final class PassArrays extends ArrayCacheMemoryMgr {

  private String operator = "";
  private boolean needsValues;

  /**
   * Whose outputs come next.
   *
   * @param name the operator, for errors
   * @param needsAll whether its native code divides by its output's dimensions
   */
  void next(String name, boolean needsAll) {
    operator = name;
    needsValues = needsAll;
  }

  @Override
  public INDArray allocate(boolean detached, LongShapeDescriptor wanted) {
    long[] shape = wanted.getShape();
    double bytes = wanted.dataType().width();
    for (long dimension : shape) {
      bytes *= dimension;
      if (dimension < 0 || (needsValues && dimension == 0)) {
        throw new IllegalArgumentException(
            "operator %s would give an array of the impossible shape %s"
                .formatted(operator, Arrays.toString(shape)));
      }
    }
    if (bytes > Pointer.totalPhysicalBytes()) {
      throw new IllegalArgumentException(
          "operator %s would give an array of shape %s, which is more than this machine's memory"
              .formatted(operator, Arrays.toString(shape)));
    }
    return super.allocate(detached, wanted);
  }
}
