/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.Fault;
import io.cairn.collective.FaultKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Encodes and decodes a fault as the payload of an ABORT message. The payload has a bounded size.
 */
public final class FaultCodec {

  private static final int MAX_ADDRESS_BYTES = 256;
  private static final int MAX_DETAIL_BYTES = 1024;
  private static final int MAX_PHASE_BYTES = 64;
  private static final int FIXED_BYTES = 3 * Integer.BYTES + 3 * Long.BYTES + 3 * Short.BYTES;

  /** No payload of an ABORT is longer. */
  public static final int MAX_BYTES =
      FIXED_BYTES + MAX_ADDRESS_BYTES + MAX_PHASE_BYTES + MAX_DETAIL_BYTES;

  private FaultCodec() {}

  /** A whole ABORT message, ready to be sent; texts that are too long are cut. */
  public static ByteBuffer abortFrame(long groupId, Fault fault) {
    byte[] address = bounded(fault.address(), MAX_ADDRESS_BYTES);
    byte[] phase = bounded(fault.phase(), MAX_PHASE_BYTES);
    byte[] detail = bounded(fault.detail(), MAX_DETAIL_BYTES);
    int length = FIXED_BYTES + address.length + phase.length + detail.length;
    ByteBuffer frame = ByteBuffer.allocateDirect(FrameHeader.BYTES + length);
    frame.position(FrameHeader.BYTES);
    frame.putInt(fault.kind().code()).putInt(fault.rank()).putInt(fault.origin());
    frame.putLong(fault.update()).putLong(fault.bytesSoFar()).putLong(fault.waited().toNanos());
    frame.putShort((short) address.length).put(address);
    frame.putShort((short) phase.length).put(phase);
    frame.putShort((short) detail.length).put(detail);
    frame.flip();
    int crc = FrameHeader.crc(frame, FrameHeader.BYTES, length);
    FrameHeader.control(FrameType.ABORT, groupId, fault.update(), length, crc).encode(frame);
    return frame.rewind();
  }

  /** The fault in {@code payload}, or nothing if that is no fault. */
  static Optional<Fault> decode(ByteBuffer payload) {
    if (payload.remaining() < FIXED_BYTES) {
      return Optional.empty();
    }
    Optional<FaultKind> kind = FaultKind.of(payload.getInt());
    int rank = payload.getInt();
    int origin = payload.getInt();
    long update = payload.getLong();
    long bytesSoFar = payload.getLong();
    Duration waited = Duration.ofNanos(payload.getLong());
    Optional<String> address = text(payload, MAX_ADDRESS_BYTES);
    Optional<String> phase = address.flatMap(known -> text(payload, MAX_PHASE_BYTES));
    Optional<String> detail = phase.flatMap(known -> text(payload, MAX_DETAIL_BYTES));
    if (detail.isEmpty() || kind.isEmpty() || bytesSoFar < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Fault(
            kind.orElseThrow(),
            rank,
            address.orElseThrow(),
            update,
            phase.orElseThrow(),
            bytesSoFar,
            waited,
            origin,
            detail.orElseThrow()));
  }

  private static byte[] bounded(String text, int maxBytes) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= maxBytes ? bytes : Arrays.copyOf(bytes, maxBytes);
  }

  private static Optional<String> text(ByteBuffer payload, int maxBytes) {
    if (payload.remaining() < Short.BYTES) {
      return Optional.empty();
    }
    int length = payload.getShort();
    if (length < 0 || length > maxBytes || length > payload.remaining()) {
      return Optional.empty();
    }
    byte[] bytes = new byte[length];
    payload.get(bytes);
    return Optional.of(new String(bytes, StandardCharsets.UTF_8));
  }
}
