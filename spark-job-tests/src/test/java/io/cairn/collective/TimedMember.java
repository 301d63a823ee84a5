/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import io.cairn.collective.BufferLayout.Section;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One rank as a process of its own that measures: prints {@code TOOK microseconds} for each sum,
 * from an instant at which all ranks begin until this one has the result.
 *
 * <p>The instant is agreed on, by the clock that processes of one machine share: a sum alone would
 * not do, since ranks leave it at different times, the last one up to a message later than the
 * first.
 */
public final class TimedMember {

  private static final BufferLayout MEETING = BufferLayout.of(new Section(ElementType.INT64, 1));

  /** Longer than it takes until all know the instant. */
  private static final long AHEAD_MICROS = 400_000;

  private TimedMember() {}

  /**
   * Arguments: those of {@link RingMember.Place}, bytes of a sum, how many sums, their precision.
   */
  public static void main(String[] arguments) throws IOException {
    int bytes = Integer.parseInt(arguments[RingMember.Place.ARGUMENTS]);
    int sums = Integer.parseInt(arguments[RingMember.Place.ARGUMENTS + 1]);
    Precision precision = Precision.valueOf(arguments[RingMember.Place.ARGUMENTS + 2]);
    // The numbers are small and whole: rounding leaves them as they are.
    BufferLayout layout =
        BufferLayout.of(new Section(ElementType.FLOAT32, bytes / Float.BYTES, precision));
    ByteBuffer buffer = direct(layout);
    ByteBuffer meeting = direct(MEETING);
    try (AllReduce group = RingMember.join(RingMember.Place.of(arguments))) {
      for (int i = 0; i < sums; i++) {
        for (int at = 0; at < bytes; at += Float.BYTES) {
          buffer.putFloat(at, group.rank() + 1);
        }
        // All others add nothing to it.
        meeting.putLong(0, group.rank() == 0 ? micros() + AHEAD_MICROS : 0);
        group.sum(2L * i, meeting, MEETING);
        long start = meeting.getLong(0);
        await(start);
        group.sum(2L * i + 1, buffer, layout);
        long took = micros() - start;
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

  private static void await(long micros) {
    for (long early = micros - micros(); early > 0; early = micros - micros()) {
      LockSupport.parkNanos(early * 1000);
    }
  }

  private static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  private static ByteBuffer direct(BufferLayout layout) {
    return ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
  }
}
