/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.CollectiveException;
import io.cairn.collective.FaultKind;
import io.cairn.collective.Link;
import io.cairn.collective.Peer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Reads what arrives from one rank: headers, one after the other, each followed by its payload. A
 * header stays here until it is taken, and nothing behind it is read. So a rank that is ahead has
 * to wait. An ABORT is read to its end and thrown, so that whoever waits for anything else learns
 * the first cause instead.
 *
 * <p>Threading: one thread.
 */
public final class Inbox {

  /** Where bytes come from. */
  @FunctionalInterface
  interface Bytes {
    int read(ByteBuffer into) throws IOException;
  }

  private final Bytes bytes;
  private final Peer peer;
  private final long groupId;
  private final FaultReporter reporter;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private Optional<FrameHeader> waiting = Optional.empty();
  private int payloadLeft;
  private ByteBuffer abort;
  private FrameHeader abortHeader;
  private long lastHeardNanos;
  private int waitsFor = FrameHeader.NOBODY;
  private long lastMovedNanos;

  Inbox(Bytes bytes, Peer peer, long groupId, FaultReporter reporter) {
    this.bytes = bytes;
    this.peer = peer;
    this.groupId = groupId;
    this.reporter = reporter;
    this.lastHeardNanos = reporter.now();
    this.lastMovedNanos = lastHeardNanos;
  }

  /** When the last byte came. */
  public long lastHeardNanos() {
    return lastHeardNanos;
  }

  /** Silence is counted from now. */
  public void restartWait(long nowNanos) {
    lastHeardNanos = nowNanos;
  }

  /** Whom it waits for itself, as it said last; {@link FrameHeader#NOBODY} if it did not say. */
  public int waitsFor() {
    return waitsFor;
  }

  /** When it last moved data, to or from whomever, as far as it has said so. */
  public long lastMovedNanos() {
    return lastMovedNanos;
  }

  /** Whether nothing more is read before what is here has been taken. */
  public boolean isFull() {
    return waiting.isPresent() || payloadLeft > 0;
  }

  /**
   * The header of the next message of this group, if it is there as a whole; heartbeats are passed
   * over.
   *
   * @throws EOFException if it has closed
   * @throws CollectiveException forwarded, if it gave up; {@code Corrupt} or {@code OutOfStep} if
   *     it is no header of this group
   */
  public Optional<FrameHeader> look() throws IOException {
    while (!isFull() && arrived()) {
      FrameHeader complete = FrameHeader.decode(header.flip()).orElseThrow(this::corruptHeader);
      header.clear();
      accept(complete);
    }
    return waiting;
  }

  /** Takes the header that waits; its payload is read next. */
  public FrameHeader take() {
    FrameHeader taken = waiting.orElseThrow();
    waiting = Optional.empty();
    payloadLeft = taken.lengthBytes();
    return taken;
  }

  /** Reads payload of the header taken last, no more than that; 0 if nothing is there. */
  public int read(ByteBuffer into) throws IOException {
    int count = fetch(into);
    payloadLeft -= count;
    return count;
  }

  private int fetch(ByteBuffer into) throws IOException {
    int count = bytes.read(into);
    if (count == Link.ENDED) {
      throw new EOFException("connection closed");
    }
    if (count > 0) {
      lastHeardNanos = reporter.now();
    }
    return count;
  }

  /** Whether a whole header is there; an ABORT, once it has begun, is all that is. */
  private boolean arrived() throws IOException {
    if (abort != null) {
      readAbort();
      return false;
    }
    while (header.hasRemaining()) {
      if (fetch(header) == 0) {
        return false;
      }
    }
    return true;
  }

  private void accept(FrameHeader complete) {
    if (complete.groupId() != groupId) {
      throw reporter.saw(
          FaultKind.OUT_OF_STEP,
          peer,
          lastHeardNanos,
          "is out of step: it sent " + complete.describe() + " to group " + groupId);
    }
    switch (complete.kind()) {
      case DATA -> {
        waiting = Optional.of(complete);
        waitsFor = FrameHeader.NOBODY;
      }
      case HEARTBEAT -> {
        waitsFor = complete.round();
        long stillNanos = TimeUnit.MILLISECONDS.toNanos(Math.max(0, complete.segment()));
        lastMovedNanos = Math.max(lastMovedNanos, lastHeardNanos - stillNanos);
      }
      case ABORT -> {
        if (complete.lengthBytes() < 0 || complete.lengthBytes() > FaultCodec.MAX_BYTES) {
          throw corrupt("an abort of " + complete.lengthBytes() + " bytes");
        }
        abort = ByteBuffer.allocateDirect(complete.lengthBytes());
        abortHeader = complete;
      }
    }
  }

  private void readAbort() throws IOException {
    while (abort.hasRemaining()) {
      if (fetch(abort) == 0) {
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
    return reporter.saw(FaultKind.CORRUPT, peer, lastHeardNanos, "sent " + what);
  }
}
