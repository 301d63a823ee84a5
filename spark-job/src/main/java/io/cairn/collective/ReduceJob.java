/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.nio.ByteBuffer;

/**
 * One sum under way: what sender and receiver share.
 *
 * @param attempt the group
 * @param update names the sum
 * @param schedule who sends what when
 * @param buffer the caller's, from the layout's first byte to its last; borrowed until the sum is
 *     done
 * @param layout what is in it
 * @param layoutDigest of the layout
 * @param checksums what the messages brought
 */
record ReduceJob(
    long attempt,
    long update,
    RingSchedule schedule,
    ByteBuffer buffer,
    BufferLayout layout,
    int layoutDigest,
    Checksums checksums) {

  /** The header of message {@code message} when it carries segment bytes of {@code chunk}. */
  FrameHeader header(int message, int chunk, int payloadCrc) {
    return new FrameHeader(
        FrameHeader.Kind.DATA,
        attempt,
        update,
        schedule.phase(message).code(),
        schedule.step(message),
        schedule.segment(message),
        schedule.lengthBytes(chunk, schedule.segment(message)),
        schedule.sizeBytes(),
        layoutDigest,
        payloadCrc);
  }

  /** The bytes of a segment, in the caller's buffer. */
  ByteBuffer segment(int chunk, int segment) {
    return buffer.slice(schedule.startBytes(chunk, segment), schedule.lengthBytes(chunk, segment));
  }
}
