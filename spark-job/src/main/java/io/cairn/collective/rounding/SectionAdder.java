/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * Adds numbers that have arrived to those in a direct buffer, section by section.
 *
 * <p>It works through small blocks that stay in the first-level cache: it copies both sides to
 * arrays, adds in a plain loop, and copies back. On Java 17 the compiler makes vector instructions
 * of loops over arrays but not of loops over buffers. The copies cost less than that gains.
 *
 * <p>Belongs to one receiver.
 *
 * <p>Threading: one thread.
 */
public final class SectionAdder {

  /** Two arrays and the two blocks they come from fit in 32 KiB. */
  private static final int BLOCK_BYTES = 8 * 1024;

  private final float[] floatsIn = new float[BLOCK_BYTES / Float.BYTES];
  private final float[] floats = new float[BLOCK_BYTES / Float.BYTES];
  private final double[] doublesIn = new double[BLOCK_BYTES / Double.BYTES];
  private final double[] doubles = new double[BLOCK_BYTES / Double.BYTES];
  private final long[] longsIn = new long[BLOCK_BYTES / Long.BYTES];
  private final long[] longs = new long[BLOCK_BYTES / Long.BYTES];

  /**
   * {@code segment[i] += received[i]}, each number as its section says.
   *
   * @param received as many bytes as the segment has, from its start; borrowed until return
   */
  public void add(ByteBuffer received, Segment segment) {
    for (BufferLayout.Run run : segment.runs()) {
      addRange(
          run.section().type(),
          received.slice(run.startBytes() - segment.startBytes(), run.lengthBytes()),
          segment.numbers(run));
    }
  }

  /** The same for numbers of one type; both borrowed until return. */
  void addRange(ElementType type, ByteBuffer received, ByteBuffer target) {
    received.order(ByteOrder.nativeOrder());
    target.order(ByteOrder.nativeOrder());
    switch (type) {
      case FLOAT32 -> addFloats(received.asFloatBuffer(), target.asFloatBuffer());
      case FLOAT64 -> addDoubles(received.asDoubleBuffer(), target.asDoubleBuffer());
      case INT64 -> addLongs(received.asLongBuffer(), target.asLongBuffer());
    }
  }

  private void addFloats(FloatBuffer received, FloatBuffer target) {
    int count = target.remaining();
    for (int start = 0; start < count; start += floats.length) {
      int block = Math.min(floats.length, count - start);
      received.get(start, floatsIn, 0, block);
      target.get(start, floats, 0, block);
      addArrays(floats, floatsIn, block);
      target.put(start, floats, 0, block);
    }
  }

  private void addDoubles(DoubleBuffer received, DoubleBuffer target) {
    int count = target.remaining();
    for (int start = 0; start < count; start += doubles.length) {
      int block = Math.min(doubles.length, count - start);
      received.get(start, doublesIn, 0, block);
      target.get(start, doubles, 0, block);
      addArrays(doubles, doublesIn, block);
      target.put(start, doubles, 0, block);
    }
  }

  private void addLongs(LongBuffer received, LongBuffer target) {
    int count = target.remaining();
    for (int start = 0; start < count; start += longs.length) {
      int block = Math.min(longs.length, count - start);
      received.get(start, longsIn, 0, block);
      target.get(start, longs, 0, block);
      addArrays(longs, longsIn, block);
      target.put(start, longs, 0, block);
    }
  }

  static void addArrays(float[] sum, float[] more, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] += more[i];
    }
  }

  private static void addArrays(double[] sum, double[] more, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] += more[i];
    }
  }

  private static void addArrays(long[] sum, long[] more, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] += more[i];
    }
  }
}
