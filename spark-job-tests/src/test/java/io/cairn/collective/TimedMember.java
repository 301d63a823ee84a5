/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import io.cairn.collective.BufferLayout.Section;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One rank as a process of its own that measures: prints {@code TOOK nanoseconds} for each sum,
 * begun when all ranks were there.
 */
public final class TimedMember {

  private static final BufferLayout MEETING = BufferLayout.of(new Section(ElementType.INT64, 1));

  private TimedMember() {}

  /** Arguments: those of {@link RingMember.Place}, bytes of a sum, how many sums. */
  public static void main(String[] arguments) throws IOException {
    int bytes = Integer.parseInt(arguments[RingMember.Place.ARGUMENTS]);
    int sums = Integer.parseInt(arguments[RingMember.Place.ARGUMENTS + 1]);
    BufferLayout layout = BufferLayout.of(new Section(ElementType.FLOAT32, bytes / Float.BYTES));
    ByteBuffer buffer = direct(layout);
    ByteBuffer meeting = direct(MEETING);
    try (AllReduce group = RingMember.join(RingMember.Place.of(arguments))) {
      for (int i = 0; i < sums; i++) {
        for (int at = 0; at < bytes; at += Float.BYTES) {
          buffer.putFloat(at, group.rank() + 1);
        }
        group.sum(2L * i, meeting, MEETING);
        long start = System.nanoTime();
        group.sum(2L * i + 1, buffer, layout);
        long took = System.nanoTime() - start;
        float expected = group.worldSize() * (group.worldSize() + 1) / 2f;
        for (int at = 0; at < bytes; at += Float.BYTES) {
          if (buffer.getFloat(at) != expected) {
            throw new IllegalStateException(buffer.getFloat(at) + " at byte " + at);
          }
        }
        System.out.println("TOOK " + took);
      }
    }
  }

  private static ByteBuffer direct(BufferLayout layout) {
    return ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
  }
}
