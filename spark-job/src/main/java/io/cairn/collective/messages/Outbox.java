/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.Link;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Sends messages to one target. There is one message at a time, until the target has taken all of
 * it.
 *
 * <p>Threading: one thread.
 *
 * <p>Throws {@link IOException} if the target is gone.
 */
public final class Outbox {

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final Link link;
  private final int target;
  private final FaultReporter reporter;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private final ByteBuffer[] message = {NOTHING, NOTHING};
  private long lastTakenNanos;

  Outbox(Link link, int target, FaultReporter reporter) {
    this.link = link;
    this.target = target;
    this.reporter = reporter;
  }

  /** Whether there are bytes that the target has not taken yet. */
  public boolean isBusy() {
    return message[0].hasRemaining() || message[1].hasRemaining();
  }

  /** When the target last took a byte, or was first offered those that it has not taken. */
  public long lastTakenNanos() {
    return lastTakenNanos;
  }

  /** Begins a message; the one before must be through. Payload is borrowed until this one is. */
  public void begin(FrameHeader start, ByteBuffer payload) {
    requireIdle();
    header.clear();
    start.encode(header);
    offer(header.flip(), payload);
  }

  /** Begins a message without payload. */
  public void begin(FrameHeader whole) {
    begin(whole, NOTHING);
  }

  /** Begins a message that is encoded already; borrowed until it is through. */
  public void begin(ByteBuffer whole) {
    requireIdle();
    offer(whole, NOTHING);
  }

  private void requireIdle() {
    if (isBusy()) {
      throw new IllegalStateException("a message is under way");
    }
  }

  private void offer(ByteBuffer first, ByteBuffer second) {
    message[0] = first;
    message[1] = second;
    lastTakenNanos = reporter.now();
  }

  /** The target has gone with all that it needed: what is under way is for nobody. */
  public void drop() {
    offer(NOTHING, NOTHING);
  }

  /** Gives more of the message under way. Returns whether anything was taken. */
  public boolean flush() throws IOException {
    if (!isBusy() || link.send(target, message) == 0) {
      return false;
    }
    lastTakenNanos = reporter.now();
    return true;
  }
}
