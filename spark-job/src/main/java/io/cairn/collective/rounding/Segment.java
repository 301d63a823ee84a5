/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

import io.cairn.collective.BufferLayout;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The numbers of one message, where they lie in the buffer that is summed.
 *
 * <p>Threading: immutable; the numbers are for the thread that sums.
 *
 * @param buffer all of it, from the layout's first byte to its last; borrowed until the sum is done
 * @param layout what is in it
 * @param startBytes where the segment starts, a multiple of 8
 * @param lengthBytes how long it is, a multiple of 8; may be 0
 */
public record Segment(ByteBuffer buffer, BufferLayout layout, int startBytes, int lengthBytes) {

  /** All of a buffer as one segment. */
  public static Segment all(ByteBuffer buffer, BufferLayout layout) {
    return new Segment(buffer, layout, 0, layout.sizeBytes());
  }

  /** Its bytes in the buffer. */
  public ByteBuffer numbers() {
    return buffer.slice(startBytes, lengthBytes);
  }

  /** The parts of it that belong to one section each, in order. */
  List<BufferLayout.Run> runs() {
    return layout.runs(startBytes, lengthBytes);
  }

  /** The bytes of a run in the buffer. */
  public ByteBuffer numbers(BufferLayout.Run run) {
    return buffer.slice(run.startBytes(), run.lengthBytes());
  }
}
