/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

/** The type of the numbers in a section. It decides how they are added. */
public enum ElementType {
  /** 64-bit integers; sums are exact and wrap around. */
  INT64(1, Long.BYTES),
  /** IEEE 754 single precision. */
  FLOAT32(2, Float.BYTES),
  /** IEEE 754 double precision. */
  FLOAT64(3, Double.BYTES);

  private final int code;
  private final int bytes;

  ElementType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** What stands for it in a layout's digest. */
  int code() {
    return code;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
