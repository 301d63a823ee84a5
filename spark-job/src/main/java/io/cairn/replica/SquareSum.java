/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * Sums squares of values in host memory, always in the same order and in float64, so that every
 * rank gets the same bits whatever its processor or number of threads.
 *
 * <p>Threading: one thread (scratch space is reused).
 */
public final class SquareSum {

  /** Values copied to the heap at a time: small enough for the first-level cache. */
  private static final int BLOCK = 2048;

  /** Values looked at through one buffer: whole blocks, so that it changes no order of addition. */
  private static final int PART = 64 * 1024 * BLOCK;

  private final int bytesPerValue;
  private final float[] floats;
  private final double[] doubles;

  /**
   * Of values of one kind.
   *
   * @param bytesPerValue 4 (float32) or 8 (float64)
   */
  public SquareSum(int bytesPerValue) {
    this.bytesPerValue = bytesPerValue;
    this.floats = new float[bytesPerValue == Float.BYTES ? BLOCK : 0];
    this.doubles = new double[bytesPerValue == Double.BYTES ? BLOCK : 0];
  }

  /** The sum over the values from {@code from} on and before {@code to}. */
  public double of(HostMemory values, long from, long to) {
    double total = 0;
    for (long start = from; start < to; start += PART) {
      int count = (int) Math.min(PART, to - start);
      ByteBuffer part = values.part(start * bytesPerValue, count * bytesPerValue);
      total =
          bytesPerValue == Float.BYTES
              ? plusSquares(total, part.asFloatBuffer())
              : plusSquares(total, part.asDoubleBuffer());
    }
    return total;
  }

  private double plusSquares(double before, FloatBuffer values) {
    double total = before;
    while (values.hasRemaining()) {
      int count = Math.min(BLOCK, values.remaining());
      values.get(floats, 0, count);
      total += squares(floats, count);
    }
    return total;
  }

  private double plusSquares(double before, DoubleBuffer values) {
    double total = before;
    while (values.hasRemaining()) {
      int count = Math.min(BLOCK, values.remaining());
      values.get(doubles, 0, count);
      for (int i = 0; i < count; i++) {
        total += doubles[i] * doubles[i];
      }
    }
    return total;
  }

  /** Four sums side by side: one alone would wait for each addition to end before the next. */
  private static double squares(float[] values, int count) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      a += (double) values[i] * values[i];
      b += (double) values[i + 1] * values[i + 1];
      c += (double) values[i + 2] * values[i + 2];
      d += (double) values[i + 3] * values[i + 3];
    }
    for (; i < count; i++) {
      a += (double) values[i] * values[i];
    }
    return (a + b) + (c + d);
  }
}
