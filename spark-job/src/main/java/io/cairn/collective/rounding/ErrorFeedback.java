/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.ElementType;
import io.cairn.collective.Precision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps what rounding has left over on this rank, number by number, until it is added to a later
 * sum of the same bucket.
 *
 * <p>Holds as much memory as the buffers that are summed with it, for each bucket from its first
 * rounded sum on. Belongs to one group.
 *
 * <p>Threading: one thread.
 */
public final class ErrorFeedback {

  private final SectionAdder adder = new SectionAdder();
  private final Map<Integer, Rest> rests = new HashMap<>();
  private ByteBuffer numbers = ByteBuffer.allocateDirect(0);

  /** What is left over of a bucket, whose buffers have this shape. */
  private record Rest(BufferLayout shape, ByteBuffer numbers) {}

  /**
   * Adds what is there to the buffer of a sum that is about to begin. What is not replaced in the
   * course of that sum is zero from now on.
   *
   * @param all of that buffer; borrowed until return
   * @throws IllegalArgumentException if it belongs to a buffer of another shape
   */
  public void enter(Segment all, MessageForm form) {
    BufferLayout layout = all.layout();
    if (!layout.isCarrying()) {
      return;
    }
    Rest rest = rests.get(layout.bucket());
    if (rest == null) {
      if (form == MessageForm.ROUNDED) {
        numbers = ByteBuffer.allocateDirect(layout.sizeBytes());
        rests.put(layout.bucket(), new Rest(layout, numbers));
      }
      return;
    }
    if (!layout.hasShapeOf(rest.shape())) {
      throw new IllegalArgumentException(
          "what rounding has left over belongs to " + rest.shape() + ", not to " + layout);
    }
    numbers = rest.numbers();
    all.runs().forEach(run -> enter(run, all.numbers(run), form));
  }

  private void enter(BufferLayout.Run run, ByteBuffer sums, MessageForm form) {
    Precision precision = run.section().precision();
    if (precision == Precision.EXACT) {
      return;
    }
    ByteBuffer rest = at(run.startBytes(), run.lengthBytes());
    adder.addRange(ElementType.FLOAT32, rest, sums);
    boolean isReplaced = precision == Precision.BF16 && form == MessageForm.ROUNDED;
    if (!isReplaced) {
      zero(rest);
    }
  }

  /** Those of a part of the buffer that {@link #enter} was called with last. */
  ByteBuffer at(int startBytes, int lengthBytes) {
    return numbers.slice(startBytes, lengthBytes).order(ByteOrder.nativeOrder());
  }

  /** Drops all rounding errors, of all buckets: nothing of them is part of a later sum. */
  public void clear() {
    rests.values().forEach(rest -> zero(rest.numbers().duplicate().clear()));
  }

  private static void zero(ByteBuffer bytes) {
    while (bytes.remaining() >= Long.BYTES) {
      bytes.putLong(0);
    }
  }
}
