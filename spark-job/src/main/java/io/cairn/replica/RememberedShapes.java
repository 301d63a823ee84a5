/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.cpu.nativecpu.DirectShapeInfoProvider;

/**
 * ND4J's own provider of shape descriptions for the CPU, with its cache also asked where every new
 * array asks.
 *
 * <p>ND4J 1.0.0-M2.1 keeps descriptions of shapes in a cache, but added a second way to ask, which
 * all constructors of arrays take and which goes past it. Each array then makes, registers and
 * later frees a description of its own: a third of all that the garbage collector has to deal with
 * in a pass. {@link ComputeDevice} puts this class in place.
 *
 * <p>Threading: safe everywhere, as the cache is.
 */
public final class RememberedShapes extends DirectShapeInfoProvider {

  /** Made by ND4J, by name. */
  public RememberedShapes() {}

  @Override
  public Pair<DataBuffer, long[]> createShapeInformation(
      long[] shape,
      long[] stride,
      long elementWiseStride,
      char order,
      DataType type,
      boolean empty) {
    return empty
        ? super.createShapeInformation(shape, stride, elementWiseStride, order, type, true)
        : createShapeInformation(shape, stride, elementWiseStride, order, type);
  }
}
