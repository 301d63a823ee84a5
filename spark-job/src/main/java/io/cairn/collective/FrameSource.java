/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The headers that arrive from one neighbour, one after the other. An ABORT is read to its end and
 * thrown, so that whoever waits for anything learns the first cause instead.
 *
 * <p>Threading: one thread.
 */
final class FrameSource {

  /** Where bytes come from. */
  @FunctionalInterface
  interface Bytes {
    int read(ByteBuffer into) throws IOException;
  }

  private final Bytes bytes;
  private final Peer peer;
  private final long attempt;
  private final Witness witness;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private ByteBuffer abort;
  private FrameHeader abortHeader;
  private long lastHeardNanos;

  FrameSource(Bytes bytes, Peer peer, long attempt, Witness witness) {
    this.bytes = bytes;
    this.peer = peer;
    this.attempt = attempt;
    this.witness = witness;
    this.lastHeardNanos = witness.now();
  }

  /** When the last byte came. */
  long lastHeardNanos() {
    return lastHeardNanos;
  }

  /** Silence is counted from now. */
  void restartWait(long nowNanos) {
    lastHeardNanos = nowNanos;
  }

  /** Reads payload bytes that follow the header returned last; 0 if none are there. */
  int read(ByteBuffer into) throws IOException {
    int count = bytes.read(into);
    if (count == Link.ENDED) {
      throw new EOFException("connection closed");
    }
    if (count > 0) {
      lastHeardNanos = witness.now();
    }
    return count;
  }

  /**
   * The next header of this attempt, if it is there as a whole.
   *
   * @throws EOFException if the neighbour has closed
   * @throws CollectiveException forwarded, if the neighbour gave up; {@code Corrupt} or {@code
   *     OutOfStep} if it is no header of this attempt
   */
  Optional<FrameHeader> next() throws IOException {
    if (abort == null) {
      while (header.hasRemaining()) {
        if (read(header) == 0) {
          return Optional.empty();
        }
      }
      FrameHeader complete = FrameHeader.decode(header.flip()).orElseThrow(this::corruptHeader);
      header.clear();
      if (complete.attempt() != attempt) {
        throw witness.saw(
            Fault.Kind.OUT_OF_STEP,
            peer,
            lastHeardNanos,
            "is out of step: it sent " + complete.describe() + " to attempt " + attempt);
      }
      if (complete.kind() != FrameHeader.Kind.ABORT) {
        return Optional.of(complete);
      }
      if (complete.lengthBytes() < 0 || complete.lengthBytes() > FaultCodec.MAX_BYTES) {
        throw corrupt("an abort of " + complete.lengthBytes() + " bytes");
      }
      abort = ByteBuffer.allocateDirect(complete.lengthBytes());
      abortHeader = complete;
    }
    readAbort();
    return Optional.empty();
  }

  private void readAbort() throws IOException {
    while (abort.hasRemaining()) {
      if (read(abort) == 0) {
        return;
      }
    }
    if (FrameHeader.crc(abort, 0, abort.limit()) != abortHeader.payloadCrc()) {
      throw corrupt("an abort whose checksum does not match");
    }
    throw FaultCodec.decode(abort.flip())
        .orElseThrow(() -> corrupt("an abort that says nothing"))
        .forwarded();
  }

  private CollectiveException corruptHeader() {
    return corrupt("a message header that does not verify");
  }

  private CollectiveException corrupt(String what) {
    return witness.saw(Fault.Kind.CORRUPT, peer, lastHeardNanos, "sent " + what);
  }
}
