/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import java.nio.ByteBuffer;

/**
 * Reads the labels of one output, and the weight, out of records.
 *
 * <p>Threading: one thread; the row that it hands out is overwritten by the next.
 */
final class LabelReader {

  private final ExampleLayout layout;
  private final Field field;
  private final int offset;
  private final double[] row;

  /**
   * @param output its number, from 0
   */
  LabelReader(ExampleLayout layout, int output) {
    int index = layout.inputs().size() + output;
    this.layout = layout;
    this.field = layout.fields().get(index);
    this.offset = layout.offset(index);
    boolean isClass = field.encoding() instanceof Encoding.ClassIndex;
    int values = field.shape().stream().reduce(1, Math::multiplyExact);
    this.row = new double[isClass ? 1 : field.isSequence() ? field.channels() : values];
  }

  /** Values of a row. */
  int columns() {
    return row.length;
  }

  /** Time steps of an example: 1 of what is no sequence. */
  int steps(byte[] record) {
    return field.isSequence() ? buffer(record).getInt(offset + field.valueBytes(layout.kind())) : 1;
  }

  /** The labels of a time step: the index of a class, or values. */
  double[] row(byte[] record, int step) {
    ByteBuffer buffer = buffer(record);
    if (field.encoding() instanceof Encoding.ClassIndex) {
      row[0] = buffer.getInt(offset + step * Integer.BYTES);
      return row;
    }
    // A sequence is laid out channel by channel.
    int stride = field.isSequence() ? field.maxSteps() : 1;
    int first = field.isSequence() ? step : 0;
    for (int i = 0; i < row.length; i++) {
      row[i] = value(buffer, offset + (first + i * stride) * layout.kind().bytes());
    }
    return row;
  }

  private double value(ByteBuffer buffer, int at) {
    return layout.kind() == ElementKind.FLOAT32 ? buffer.getFloat(at) : buffer.getDouble(at);
  }

  /** The weight of an example; 1 where examples have none. */
  double weight(byte[] record) {
    return layout.isWeighted() ? buffer(record).getDouble(layout.weightOffset()) : 1;
  }

  private static ByteBuffer buffer(byte[] record) {
    return ByteBuffer.wrap(record).order(ExampleLayout.BYTE_ORDER);
  }
}
