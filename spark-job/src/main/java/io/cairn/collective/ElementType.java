/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

/** What one number of a section is, and so how it is added. */
public enum ElementType {
  /** 64-bit integers; sums are exact and wrap around. */
  INT64(Long.BYTES),
  /** IEEE 754 single precision. */
  FLOAT32(Float.BYTES),
  /** IEEE 754 double precision. */
  FLOAT64(Double.BYTES);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
