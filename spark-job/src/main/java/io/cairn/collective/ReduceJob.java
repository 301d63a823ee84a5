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
    Schedule schedule,
    ByteBuffer buffer,
    BufferLayout layout,
    int layoutDigest,
    Checksums checksums) {

  /** The header of a message. */
  FrameHeader header(Transfer transfer, int payloadCrc) {
    return new FrameHeader(
        FrameHeader.Kind.DATA,
        attempt,
        update,
        transfer.phase().code(),
        transfer.step(),
        transfer.segment(),
        transfer.lengthBytes(),
        schedule.sizeBytes(),
        layoutDigest,
        payloadCrc);
  }

  /** The numbers of a message, in the caller's buffer. */
  ByteBuffer numbers(Transfer transfer) {
    return buffer.slice(transfer.startBytes(), transfer.lengthBytes());
  }
}
