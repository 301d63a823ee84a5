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
 * ND4J's own provider of shape descriptions for the CPU, corrected so that its cache is always
 * used.
 *
 * <p>ND4J 1.0.0-M2.1 keeps descriptions of shapes in a cache. But all constructors of arrays ask
 * for them by a second method, which was added later and does not use the cache. So each array
 * creates, registers and later frees a description of its own. This is a third of the garbage
 * collector's work in a pass. {@link ComputeDevice} puts this class in place.
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
