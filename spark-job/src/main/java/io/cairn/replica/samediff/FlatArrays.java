/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.Set;
import org.nd4j.autodiff.samediff.serde.FlatBuffersMapper;
import org.nd4j.graph.FlatArray;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.shape.options.ArrayOptionsHelper;

/**
 * Checks arrays of a SameDiff file before ND4J makes them. Their shape information holds strides,
 * by which native code reads memory without asking: with a changed stride, the process dies.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link DamagedFileException}.
 */
final class FlatArrays {

  private static final int MOST_DIMENSIONS = 32;

  private static final Set<DataType> TYPES =
      Set.of(
          DataType.FLOAT,
          DataType.DOUBLE,
          DataType.INT32,
          DataType.INT64,
          DataType.INT16,
          DataType.INT8,
          DataType.UINT8,
          DataType.BOOL);

  private FlatArrays() {}

  /**
   * Throws unless an array is dense, in C or Fortran order, and as long as its shape says.
   *
   * @param what the array is called in errors
   */
  static void require(String what, FlatArray array) {
    DataType type = type(what, array.dtype());
    int rank = rank(what, array);
    long length = 1;
    for (int i = 0; i < rank; i++) {
      long dimension = array.shape(1 + i);
      if (dimension < 0 || dimension > Integer.MAX_VALUE) {
        throw new DamagedFileException(what + " has a dimension of " + dimension);
      }
      length = times(what, length, dimension);
    }
    long flags = ArrayOptionsHelper.setOptionBit(0L, type);
    boolean empty = array.shape(2 * rank + 1) == (flags | ArrayOptionsHelper.ATYPE_EMPTY_BIT);
    if (!empty && array.shape(2 * rank + 1) != flags) {
      throw new DamagedFileException(what + " says two things of its type");
    }
    if (empty ? array.bufferLength() != 0 : length == 0) {
      throw new DamagedFileException(what + " is empty and is not");
    }
    if (!empty && times(what, length, type.width()) != array.bufferLength()) {
      throw new DamagedFileException(
          "%s has %d bytes, and by its shape %d"
              .formatted(what, array.bufferLength(), length * type.width()));
    }
    if (array.byteOrder() != org.nd4j.graph.ByteOrder.LE
        && array.byteOrder() != org.nd4j.graph.ByteOrder.BE) {
      throw new DamagedFileException(what + " has an unknown order of bytes");
    }
    if (!empty) {
      requireStrides(what, array, rank);
    }
  }

  /** The type that a number stands for. */
  static DataType type(String what, byte number) {
    DataType type;
    try {
      type = FlatBuffersMapper.getDataTypeFromByte(number);
    } catch (RuntimeException e) {
      throw new DamagedFileException(what + " is of an unknown type", e);
    }
    if (!TYPES.contains(type)) {
      throw new DamagedFileException(
          "%s is of type %s; a graph that is trained has arrays of %s"
              .formatted(what, type, TYPES.stream().sorted().toList()));
    }
    return type;
  }

  private static int rank(String what, FlatArray array) {
    if (array.shapeLength() < 4) {
      throw new DamagedFileException(what + " has no shape");
    }
    long rank = array.shape(0);
    if (rank < 0 || rank > MOST_DIMENSIONS || array.shapeLength() != 2 * rank + 4) {
      throw new DamagedFileException(what + " has an impossible shape");
    }
    return (int) rank;
  }

  private static void requireStrides(String what, FlatArray array, int rank) {
    long order = array.shape(2 * rank + 3);
    if (order != 'c' && order != 'f') {
      throw new DamagedFileException(what + " has an unknown order of elements");
    }
    long stride = 1;
    for (int i = 0; i < rank; i++) {
      int at = order == 'c' ? rank - 1 - i : i;
      if (array.shape(1 + rank + at) != stride && array.shape(1 + at) != 1) {
        throw new DamagedFileException(what + " has strides that do not fit its shape");
      }
      stride *= array.shape(1 + at);
    }
  }

  private static long times(String what, long a, long b) {
    try {
      return Math.multiplyExact(a, b);
    } catch (ArithmeticException e) {
      throw new DamagedFileException(what + " has an impossible shape", e);
    }
  }
}
