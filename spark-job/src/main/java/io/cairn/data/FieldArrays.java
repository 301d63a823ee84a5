/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The arrays of one field for up to {@code capacity} examples: the values {@code [capacity,
 * arrayShape...]} and, for a sequence, the mask {@code [capacity, maxSteps]}. They are allocated
 * once and filled again and again through their memory.
 *
 * <p>Threading: one thread at a time; the queue that passes a slot on orders the accesses.
 */
final class FieldArrays implements AutoCloseable {
  private final Field field;
  private final ElementKind kind;
  private final int rowBytes;
  private final INDArray values;
  private final ByteBuffer valueMemory;
  private final INDArray mask;
  private final ByteBuffer maskMemory;
  private final ByteBuffer zeros;

  FieldArrays(Field field, ElementKind kind, int capacity) {
    this.field = field;
    this.kind = kind;
    this.rowBytes = field.arrayLength() * kind.bytes();
    if ((long) capacity * rowBytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          capacity
              + " examples of '"
              + field.name()
              + "' are "
              + (long) capacity * rowBytes
              + " bytes; an array of a micro-batch holds at most "
              + Integer.MAX_VALUE);
    }
    this.values = allocate(capacity, field.arrayShape());
    this.valueMemory = memory(values);
    this.mask = field.isSequence() ? allocate(capacity, List.of(field.maxSteps())) : null;
    this.maskMemory = field.isSequence() ? memory(mask) : null;
    boolean isClass = field.encoding() instanceof Encoding.ClassIndex;
    this.zeros = ByteBuffer.allocateDirect(isClass ? rowBytes : 0);
  }

  private INDArray allocate(int capacity, List<Integer> shape) {
    long[] dimensions = new long[shape.size() + 1];
    dimensions[0] = capacity;
    for (int i = 0; i < shape.size(); i++) {
      dimensions[i + 1] = shape.get(i);
    }
    DataType type = kind == ElementKind.FLOAT32 ? DataType.FLOAT : DataType.DOUBLE;
    return Nd4j.createUninitialized(type, dimensions, 'c');
  }

  private static ByteBuffer memory(INDArray array) {
    return array.data().asNio().order(ByteOrder.nativeOrder());
  }

  /**
   * Makes the field of the record at {@code base} of {@code record} the {@code row}th example of
   * the arrays.
   */
  void fill(int row, ByteBuffer record, int base) {
    int target = row * rowBytes;
    int steps = field.isSequence() ? record.getInt(base + field.valueBytes(kind)) : 1;
    if (field.encoding() instanceof Encoding.ClassIndex) {
      valueMemory.put(target, zeros, 0, rowBytes);
      fillClasses(target, record, base, steps);
    } else if (field.isSequence() && field.handover().steps() == Handover.StepAxis.FIRST) {
      fillStepsFirst(target, record, base);
    } else {
      valueMemory.put(target, record, base, rowBytes);
    }
    if (mask != null) {
      for (int step = 0; step < field.maxSteps(); step++) {
        int index = row * field.maxSteps() + step;
        kind.write(maskMemory, index * kind.bytes(), step < steps ? 1 : 0);
      }
    }
  }

  private void fillClasses(int target, ByteBuffer record, int base, int steps) {
    int classes = field.shape().get(0);
    int maxSteps = Math.max(1, field.maxSteps());
    for (int step = 0; step < steps; step++) {
      int index = record.getInt(base + step * Integer.BYTES);
      if (field.isIndexAsItIs()) {
        kind.write(valueMemory, target + step * kind.bytes(), index);
      } else {
        int place =
            switch (field.handover().steps()) {
              case LAST -> index * maxSteps + step;
              case FIRST -> step * classes + index;
            };
        kind.write(valueMemory, target + place * kind.bytes(), 1);
      }
    }
  }

  /** From {@code [channels, steps]}, as records have it. */
  private void fillStepsFirst(int target, ByteBuffer record, int base) {
    int channels = field.shape().get(0);
    int maxSteps = field.maxSteps();
    int bytes = kind.bytes();
    for (int channel = 0; channel < channels; channel++) {
      int from = base + channel * maxSteps * bytes;
      int to = target + channel * bytes;
      for (int step = 0; step < maxSteps; step++) {
        kind.write(
            valueMemory, to + step * channels * bytes, kind.read(record, from + step * bytes));
      }
    }
  }

  /** The first {@code examples} rows: the same memory, not a copy. */
  INDArray values(int examples) {
    return firstRows(values, examples);
  }

  /**
   * The mask of the first {@code examples} rows; null of a field that is no sequence, as DL4J has
   * it.
   */
  INDArray mask(int examples) {
    return mask == null ? null : firstRows(mask, examples);
  }

  private static INDArray firstRows(INDArray array, int examples) {
    return array.size(0) == examples ? array : array.get(NDArrayIndex.interval(0, examples));
  }

  /** Tells a backend with memory of its own that the host's is the newer. */
  void markFilled() {
    markHostNewest(values);
    if (mask != null) {
      markHostNewest(mask);
    }
  }

  private static void markHostNewest(INDArray array) {
    Nd4j.getAffinityManager()
        .tagLocation(array, org.nd4j.linalg.api.concurrency.AffinityManager.Location.HOST);
  }

  @Override
  public void close() {
    values.close();
    if (mask != null) {
      mask.close();
    }
  }
}
