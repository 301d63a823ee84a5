/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.nio.ByteBuffer;

/** The number format of a network, and so of every value of its examples. */
public enum ElementKind {
  /** IEEE 754 binary32. */
  FLOAT32(Float.BYTES) {
    @Override
    double read(ByteBuffer buffer, int offsetBytes) {
      return buffer.getFloat(offsetBytes);
    }

    @Override
    void write(ByteBuffer buffer, int offsetBytes, double value) {
      buffer.putFloat(offsetBytes, (float) value);
    }
  },
  /** IEEE 754 binary64. */
  FLOAT64(Double.BYTES) {
    @Override
    double read(ByteBuffer buffer, int offsetBytes) {
      return buffer.getDouble(offsetBytes);
    }

    @Override
    void write(ByteBuffer buffer, int offsetBytes, double value) {
      buffer.putDouble(offsetBytes, value);
    }
  };

  private final int bytes;

  ElementKind(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one value. */
  public int bytes() {
    return bytes;
  }

  /** The value as this format holds it: rounded to nearest, infinite where it is too large. */
  public double round(double value) {
    return this == FLOAT32 ? (float) value : value;
  }

  abstract double read(ByteBuffer buffer, int offsetBytes);

  abstract void write(ByteBuffer buffer, int offsetBytes, double value);
}
