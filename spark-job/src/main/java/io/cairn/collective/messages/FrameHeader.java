/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.schedules.Phase;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The first {@value #BYTES} bytes of every message between ranks, in network byte order. Their last
 * four are a CRC32C over the others. The payload follows: numbers in native byte order, or a fault
 * as {@link FaultCodec} encodes it.
 *
 * @param kind what follows
 * @param groupId names the group
 * @param update what is summed, for people; several sums may belong to one
 * @param sum the sum's number in its group, counted alike on all ranks from 1; 0 outside of one
 * @param phase of the schedule (its code; 0 in messages outside of it)
 * @param round of the phase; in a heartbeat the rank that its sender waits for, or {@link #NOBODY}
 * @param segment of the round; in a heartbeat for how many milliseconds its sender has moved no
 *     data
 * @param lengthBytes of the payload
 * @param layoutBytes of the whole buffer
 * @param layoutDigest of the buffer's sections
 * @param payloadCrc CRC32C of the payload, or {@link #UNCHECKED}
 */
public record FrameHeader(
    FrameType kind,
    long groupId,
    long update,
    long sum,
    int phase,
    int round,
    int segment,
    int lengthBytes,
    int layoutBytes,
    int layoutDigest,
    int payloadCrc) {

  /** Of a header. */
  public static final int BYTES = 64;

  /** No rank. */
  public static final int NOBODY = -1;

  /** Instead of a checksum, on a stream that is protected. Nobody looks at it. */
  public static final int UNCHECKED = 0;

  private static final int MAGIC = 0x43524e46;

  /** A header without place in a schedule. */
  static FrameHeader control(FrameType kind, long groupId, long update, int lengthBytes, int crc) {
    return new FrameHeader(kind, groupId, update, 0, 0, 0, 0, lengthBytes, 0, 0, crc);
  }

  /**
   * A heartbeat.
   *
   * @param awaited the rank that its sender waits for, or {@link #NOBODY}
   * @param stillMillis for how long it has moved no data
   */
  public static FrameHeader heartbeat(long groupId, long update, int awaited, int stillMillis) {
    return new FrameHeader(
        FrameType.HEARTBEAT, groupId, update, 0, 0, awaited, stillMillis, 0, 0, 0, 0);
  }

  /** Writes {@value #BYTES} bytes at the position of {@code into}. */
  public void encode(ByteBuffer into) {
    int start = into.position();
    into.putInt(MAGIC).putInt(kind.code()).putLong(groupId).putLong(update).putLong(sum);
    into.putInt(phase).putInt(round).putInt(segment).putInt(lengthBytes);
    into.putInt(layoutBytes).putInt(layoutDigest).putInt(payloadCrc);
    into.putInt(crc(into, start, BYTES - Integer.BYTES));
  }

  /** Reads {@value #BYTES} bytes at the position of {@code from}; empty if they do not verify. */
  public static Optional<FrameHeader> decode(ByteBuffer from) {
    int crc = crc(from, from.position(), BYTES - Integer.BYTES);
    int magic = from.getInt();
    Optional<FrameType> kind = FrameType.of(from.getInt());
    FrameHeader header =
        new FrameHeader(
            kind.orElse(FrameType.DATA),
            from.getLong(),
            from.getLong(),
            from.getLong(),
            from.getInt(),
            from.getInt(),
            from.getInt(),
            from.getInt(),
            from.getInt(),
            from.getInt(),
            from.getInt());
    boolean sound = from.getInt() == crc && magic == MAGIC && kind.isPresent();
    return sound ? Optional.of(header) : Optional.empty();
  }

  /** CRC32C of {@code length} bytes from {@code start}, whatever the buffer's position. */
  public static int crc(ByteBuffer bytes, int start, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(start, length));
    return (int) crc.getValue();
  }

  /** What this message is, for a person. */
  public String describe() {
    String where = "group " + groupId + ", update " + update;
    return switch (kind) {
      case DATA -> where + ", sum " + sum + ", " + place();
      case HEARTBEAT -> where + ", a heartbeat";
      case ABORT -> where + ", an abort";
    };
  }

  private String place() {
    return Phase.describe(phase)
        + " round "
        + round
        + ", segment "
        + segment
        + " of "
        + lengthBytes
        + " bytes, layout of "
        + layoutBytes
        + " bytes (digest "
        + Integer.toHexString(layoutDigest)
        + ")";
  }

  /** Whether {@code other} is the same message; payloads may differ. */
  public boolean sameMessage(FrameHeader other) {
    return kind == other.kind
        && groupId == other.groupId
        && update == other.update
        && sum == other.sum
        && phase == other.phase
        && round == other.round
        && segment == other.segment
        && lengthBytes == other.lengthBytes
        && layoutBytes == other.layoutBytes
        && layoutDigest == other.layoutDigest;
  }
}
