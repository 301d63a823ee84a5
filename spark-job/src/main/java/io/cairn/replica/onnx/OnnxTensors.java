/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import io.cairn.replica.HostMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataLocation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.UnsafeByteOperations;

/**
 * ONNX tensors as ND4J's arrays, and back. Whole numbers and truth values become LONG; floating
 * point numbers what the graph computes in.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link OnnxException}.
 */
final class OnnxTensors {

  static final int FLOAT = 1;
  static final int INT32 = 6;
  static final int INT64 = 7;
  static final int BOOL = 9;
  static final int DOUBLE = 11;

  /** Values that are copied at a time. */
  private static final int MOST_AT_ONCE = 1 << 24;

  private OnnxTensors() {}

  /** The array of a tensor. */
  static INDArray array(TensorProto tensor, DataType type) {
    String what = "tensor " + tensor.getName();
    if (tensor.getDataLocation() == DataLocation.EXTERNAL || tensor.getExternalDataCount() > 0) {
      throw new OnnxException(
          what
              + " lies in a file of its own (external data), which is not read; save the model as"
              + " one file");
    }
    if (tensor.hasSegment()) {
      throw new OnnxException(what + " is a segment of a tensor, which is not supported");
    }
    long[] shape = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    long length = length(what, shape);
    DataType to =
        switch (tensor.getDataType()) {
          case FLOAT, DOUBLE -> type;
          case INT64, INT32, BOOL -> DataType.INT64;
          default ->
              throw new OnnxException(
                  "%s is of type %s; float, double, int32, int64 and bool are read"
                      .formatted(what, name(tensor.getDataType())));
        };
    requireLength(what, tensor, length);
    if (length == 0) {
      return Nd4j.empty(to);
    }
    INDArray array =
        shape.length == 0 ? Nd4j.scalar(to, 0) : Nd4j.createUninitialized(to, shape, 'c');
    // Straight into the array's memory: no list of all values is ever on the heap.
    each(array, part -> fill(part, tensor));
    Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
    return array;
  }

  /** The name of a type by its number. */
  static String name(int type) {
    TensorProto.DataType known = TensorProto.DataType.forNumber(type);
    return known == null ? "number " + type : known.name().toLowerCase(Locale.ROOT);
  }

  private static long length(String what, long[] shape) {
    long length = 1;
    for (long dimension : shape) {
      if (dimension < 0 || dimension > Integer.MAX_VALUE) {
        throw new OnnxException(what + " has the impossible shape " + Arrays.toString(shape));
      }
      length = Math.multiplyHigh(length, dimension) == 0 ? length * dimension : Long.MAX_VALUE;
      if (length < 0 || length > Integer.MAX_VALUE) {
        throw new OnnxException(what + " has the impossible shape " + Arrays.toString(shape));
      }
    }
    return length;
  }

  /**
   * Consecutive values of an array.
   *
   * @param type of the values
   * @param first the number of the first one in the array
   * @param count how many there are
   * @param memory theirs, from position 0
   */
  private record Part(DataType type, int first, int count, ByteBuffer memory) {}

  /** Does something with all memory of an array that is dense and in C order, part by part. */
  private static void each(INDArray array, Consumer<Part> action) {
    HostMemory memory = HostMemory.of(array);
    int width = array.dataType().width();
    for (long first = 0; first < array.length(); first += MOST_AT_ONCE) {
      int count = (int) Math.min(MOST_AT_ONCE, array.length() - first);
      ByteBuffer part = memory.part(first * width, count * width);
      action.accept(new Part(array.dataType(), (int) first, count, part));
    }
  }

  private static void fill(Part part, TensorProto tensor) {
    ByteBuffer raw = hasRaw(tensor) ? raw(tensor) : null;
    ByteBuffer to = part.memory();
    for (int i = 0; i < part.count(); i++) {
      int at = part.first() + i;
      switch (part.type()) {
        case FLOAT -> to.putFloat(i * Float.BYTES, (float) real(tensor, raw, at));
        case DOUBLE -> to.putDouble(i * Double.BYTES, real(tensor, raw, at));
        default -> to.putLong(i * Long.BYTES, whole(tensor, raw, at));
      }
    }
  }

  private static double real(TensorProto tensor, ByteBuffer raw, int at) {
    boolean wide = tensor.getDataType() == DOUBLE;
    if (raw == null) {
      return wide ? tensor.getDoubleData(at) : tensor.getFloatData(at);
    }
    return wide ? raw.getDouble(at * Double.BYTES) : raw.getFloat(at * Float.BYTES);
  }

  private static long whole(TensorProto tensor, ByteBuffer raw, int at) {
    if (raw == null) {
      return tensor.getDataType() == INT64 ? tensor.getInt64Data(at) : tensor.getInt32Data(at);
    }
    return switch (tensor.getDataType()) {
      case INT64 -> raw.getLong(at * Long.BYTES);
      case INT32 -> raw.getInt(at * Integer.BYTES);
      default -> raw.get(at) == 0 ? 0 : 1;
    };
  }

  private static void requireLength(String what, TensorProto tensor, long length) {
    int bytes =
        switch (tensor.getDataType()) {
          case INT64, DOUBLE -> Long.BYTES;
          case INT32, FLOAT -> Integer.BYTES;
          default -> 1;
        };
    int listed =
        switch (tensor.getDataType()) {
          case FLOAT -> tensor.getFloatDataCount();
          case DOUBLE -> tensor.getDoubleDataCount();
          case INT64 -> tensor.getInt64DataCount();
          default -> tensor.getInt32DataCount();
        };
    long held = hasRaw(tensor) ? tensor.getRawData().size() / bytes : listed;
    boolean whole = !hasRaw(tensor) || tensor.getRawData().size() % bytes == 0;
    if (held != length || !whole) {
      throw new OnnxException(
          "%s has %d values, and by its shape %d".formatted(what, held, length));
    }
  }

  private static boolean hasRaw(TensorProto tensor) {
    return !tensor.getRawData().isEmpty();
  }

  private static ByteBuffer raw(TensorProto tensor) {
    return tensor.getRawData().asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The same tensor with other values, in the type that it has. */
  static TensorProto with(TensorProto tensor, INDArray values) {
    boolean wide = tensor.getDataType() == DOUBLE;
    ByteBuffer raw =
        ByteBuffer.allocate(
                Math.multiplyExact(
                    Math.toIntExact(values.length()), wide ? Double.BYTES : Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    INDArray dense = values.dup('c');
    each(dense, part -> append(part, raw, wide));
    dense.close();
    return tensor.toBuilder()
        .clearFloatData()
        .clearDoubleData()
        .setRawData(UnsafeByteOperations.unsafeWrap(raw.flip()))
        .build();
  }

  private static void append(Part part, ByteBuffer raw, boolean wide) {
    ByteBuffer from = part.memory();
    for (int i = 0; i < part.count(); i++) {
      double number =
          part.type() == DataType.DOUBLE
              ? from.getDouble(i * Double.BYTES)
              : from.getFloat(i * Float.BYTES);
      if (wide) {
        raw.putDouble(number);
      } else {
        raw.putFloat((float) number);
      }
    }
  }
}
