/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.messages.FrameType;
import io.cairn.collective.rounding.MessageForm;
import io.cairn.collective.rounding.RoundedForm;
import io.cairn.collective.rounding.Segment;
import io.cairn.collective.schedules.Schedule;
import io.cairn.collective.schedules.Transfer;
import java.nio.ByteBuffer;

/**
 * One sum under way. It holds what the receiving and the sending half share.
 *
 * <p>Threading: the group's thread.
 *
 * @param groupId names the group
 * @param update names the sum for people
 * @param sum its number in the group
 * @param schedule who sends what when
 * @param buffer the caller's, from the layout's first byte to its last; borrowed until the sum is
 *     done
 * @param layout what is in the buffer
 * @param layoutDigest of the layout
 * @param form how numbers lie in the messages
 * @param checksums of the messages that have arrived
 */
record ReduceJob(
    long groupId,
    long update,
    long sum,
    Schedule schedule,
    ByteBuffer buffer,
    BufferLayout layout,
    int layoutDigest,
    MessageForm form,
    Checksums checksums) {

  /** A sum of what {@code buffer} holds from its position to its limit. */
  static ReduceJob of(
      long groupId,
      long update,
      long sum,
      Schedule schedule,
      ByteBuffer buffer,
      BufferLayout layout,
      Checksums checksums) {
    boolean rounds = layout.isRounded() && schedule.sendsEachNumberOnce();
    return new ReduceJob(
        groupId,
        update,
        sum,
        schedule,
        buffer.slice(),
        layout,
        layout.digest(),
        rounds ? MessageForm.ROUNDED : MessageForm.PLAIN,
        checksums);
  }

  /** The header of a message. */
  FrameHeader header(Transfer transfer, int payloadCrc) {
    return new FrameHeader(
        FrameType.DATA,
        groupId,
        update,
        sum,
        transfer.phase().code(),
        transfer.round(),
        transfer.segment(),
        wireBytes(transfer),
        schedule.sizeBytes(),
        layoutDigest,
        payloadCrc);
  }

  /** How long a message's payload is. */
  int wireBytes(Transfer transfer) {
    return switch (form) {
      case PLAIN -> transfer.lengthBytes();
      case ROUNDED -> RoundedForm.bytes(segment(transfer));
    };
  }

  /** The numbers of a message, in the caller's buffer. */
  Segment segment(Transfer transfer) {
    return new Segment(buffer, layout, transfer.startBytes(), transfer.lengthBytes());
  }
}
