/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Buffers of known and of random content, for tests of sums. */
public final class Buffers {

  private static final int DISTINCT_VALUES = 1000;

  private Buffers() {}

  /** A direct buffer for {@code layout}, all zero. */
  public static ByteBuffer zeros(BufferLayout layout) {
    return ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
  }

  /** Number i of every section is {@code factor * (i % 1000 + 1)}: exact in every type. */
  public static ByteBuffer ramp(BufferLayout layout, long factor) {
    ByteBuffer buffer = zeros(layout);
    for (int s = 0; s < layout.sections().size(); s++) {
      BufferLayout.Section section = layout.sections().get(s);
      for (int i = 0; i < section.count(); i++) {
        long value = factor * (i % DISTINCT_VALUES + 1);
        int at = layout.offsetBytes(s) + i * section.type().bytes();
        switch (section.type()) {
          case INT64 -> buffer.putLong(at, value);
          case FLOAT32 -> buffer.putFloat(at, value);
          case FLOAT64 -> buffer.putDouble(at, value);
        }
      }
    }
    return buffer;
  }

  /**
   * Random numbers of very different magnitudes, so that another order of adding gives other bits.
   */
  public static ByteBuffer random(BufferLayout layout, long seed) {
    Random random = new Random(seed);
    ByteBuffer buffer = zeros(layout);
    for (int s = 0; s < layout.sections().size(); s++) {
      BufferLayout.Section section = layout.sections().get(s);
      for (int i = 0; i < section.count(); i++) {
        double value = random.nextGaussian() * Math.pow(10, random.nextInt(8));
        int at = layout.offsetBytes(s) + i * section.type().bytes();
        switch (section.type()) {
          case INT64 -> buffer.putLong(at, random.nextLong());
          case FLOAT32 -> buffer.putFloat(at, (float) value);
          case FLOAT64 -> buffer.putDouble(at, value);
        }
      }
    }
    return buffer;
  }

  /** Whether two buffers hold the same bytes, and where they first differ if not. */
  public static String difference(ByteBuffer expected, ByteBuffer actual) {
    int at = expected.duplicate().rewind().mismatch(actual.duplicate().rewind());
    return at < 0 ? "none" : "at byte " + at;
  }

  /** What all ranks' ramps with factors 1 to {@code worldSize} add up to. */
  public static ByteBuffer rampSum(BufferLayout layout, int worldSize) {
    return ramp(layout, (long) worldSize * (worldSize + 1) / 2);
  }

  /** A layout of one section of each type given, with {@code count} numbers each. */
  public static BufferLayout layout(long count, ElementType... types) {
    return new BufferLayout(
        Arrays.stream(types).map(type -> new BufferLayout.Section(type, count)).toList());
  }
}
