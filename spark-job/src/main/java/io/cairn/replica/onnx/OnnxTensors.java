/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataLocation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.ByteString;

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
    return switch (tensor.getDataType()) {
      case FLOAT -> shaped(Nd4j.createFromArray(floats(what, tensor, length)), shape).castTo(type);
      case DOUBLE ->
          shaped(Nd4j.createFromArray(doubles(what, tensor, length)), shape).castTo(type);
      case INT64, INT32, BOOL ->
          length == 0
              ? Nd4j.empty(DataType.INT64)
              : shaped(Nd4j.createFromArray(longs(what, tensor, length)), shape);
      default ->
          throw new OnnxException(
              "%s is of type %s; float, double, int32, int64 and bool are read"
                  .formatted(what, name(tensor.getDataType())));
    };
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

  private static INDArray shaped(INDArray flat, long[] shape) {
    return flat.reshape('c', shape);
  }

  private static float[] floats(String what, TensorProto tensor, long length) {
    requireLength(what, tensor, length, Float.BYTES, tensor.getFloatDataCount());
    float[] values = new float[(int) length];
    if (hasRaw(tensor)) {
      raw(tensor).asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.getFloatData(i);
      }
    }
    return values;
  }

  private static double[] doubles(String what, TensorProto tensor, long length) {
    requireLength(what, tensor, length, Double.BYTES, tensor.getDoubleDataCount());
    double[] values = new double[(int) length];
    if (hasRaw(tensor)) {
      raw(tensor).asDoubleBuffer().get(values);
    } else {
      Arrays.setAll(values, tensor::getDoubleData);
    }
    return values;
  }

  private static long[] longs(String what, TensorProto tensor, long length) {
    boolean wide = tensor.getDataType() == INT64;
    int bytes = wide ? Long.BYTES : tensor.getDataType() == INT32 ? Integer.BYTES : 1;
    int listed = wide ? tensor.getInt64DataCount() : tensor.getInt32DataCount();
    requireLength(what, tensor, length, bytes, listed);
    long[] values = new long[(int) length];
    for (int i = 0; i < values.length; i++) {
      if (hasRaw(tensor)) {
        ByteBuffer raw = raw(tensor);
        values[i] =
            wide ? raw.getLong(8 * i) : bytes == 1 ? Math.min(1, raw.get(i)) : raw.getInt(4 * i);
      } else {
        values[i] = wide ? tensor.getInt64Data(i) : tensor.getInt32Data(i);
      }
    }
    return values;
  }

  private static void requireLength(
      String what, TensorProto tensor, long length, int bytes, int listed) {
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
    int length = Math.toIntExact(values.length());
    ByteBuffer raw =
        ByteBuffer.allocate(length * (wide ? Double.BYTES : Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    double[] numbers = values.dup('c').data().asDouble();
    for (double number : numbers) {
      if (wide) {
        raw.putDouble(number);
      } else {
        raw.putFloat((float) number);
      }
    }
    return tensor.toBuilder()
        .clearFloatData()
        .clearDoubleData()
        .setRawData(ByteString.copyFrom(raw.flip()))
        .build();
  }
}
