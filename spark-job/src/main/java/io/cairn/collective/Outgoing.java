/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The sending half of a sum: gives the schedule's messages to the right neighbour, in order, each
 * as soon as what it passes on has arrived.
 *
 * <p>Owned by one {@link RingAllReduce}. Threading: one thread.
 *
 * <p>Throws {@link IOException} if the right neighbour is gone.
 */
final class Outgoing {

  private final Link link;
  private final Witness witness;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private final ByteBuffer[] frame = new ByteBuffer[2];
  private final ByteBuffer nothing = ByteBuffer.allocateDirect(0);

  private ReduceJob job;
  private int sent;
  private State state = State.IDLE;
  private long lastSentNanos;

  private enum State {
    IDLE,
    SENDING_DATA,
    SENDING_CONTROL
  }

  Outgoing(Link link, Witness witness) {
    this.link = link;
    this.witness = witness;
  }

  void begin(ReduceJob nextJob) {
    job = nextJob;
    sent = 0;
    lastSentNanos = witness.startedNanos();
  }

  /** Whether the neighbour has got all of this sum; a sign of life may still be under way. */
  boolean done() {
    return state != State.SENDING_DATA && sent == job.schedule().messages();
  }

  /** Whether there are bytes that the neighbour has not taken yet. */
  boolean blocked() {
    return state != State.IDLE;
  }

  /** When the neighbour last took a byte, or was first offered those that it has not taken. */
  long lastSentNanos() {
    return lastSentNanos;
  }

  /**
   * Gives as much as is taken now, up to the end of one message.
   *
   * @param received how many incoming messages have been worked in
   * @return whether that was anything
   */
  boolean pump(int received) throws IOException {
    if (state == State.IDLE && !startNext(received)) {
      return false;
    }
    return flush();
  }

  private boolean startNext(int received) {
    RingSchedule schedule = job.schedule();
    int passedOn = sent - schedule.segments();
    if (sent == schedule.messages() || passedOn >= received) {
      return false;
    }
    int chunk = schedule.chunkSent(sent);
    ByteBuffer payload = job.segment(chunk, schedule.segment(sent));
    boolean unchanged = passedOn >= 0 && schedule.phase(passedOn) == RingSchedule.Phase.ALL_GATHER;
    int crc =
        unchanged ? job.checksums().of(passedOn) : FrameHeader.crc(payload, 0, payload.remaining());
    start(State.SENDING_DATA, job.header(sent, chunk, crc), payload);
    return true;
  }

  /** Tells the right neighbour that this rank is alive, if no message is under way. */
  void signOfLife() {
    if (state == State.IDLE) {
      FrameHeader waiting =
          FrameHeader.control(FrameHeader.Kind.WAITING, job.attempt(), job.update(), 0, 0);
      start(State.SENDING_CONTROL, waiting, nothing);
    }
  }

  /** The neighbour has gone with all that it needed: a sign of life under way is for nobody. */
  void dropSign() {
    state = State.IDLE;
  }

  private void start(State next, FrameHeader start, ByteBuffer payload) {
    header.clear();
    start.encode(header);
    frame[0] = header.flip();
    frame[1] = payload;
    state = next;
    lastSentNanos = witness.now();
  }

  /** Gives more of the message under way. Returns whether anything was taken. */
  boolean flush() throws IOException {
    if (state == State.IDLE) {
      return false;
    }
    long count = link.send(frame);
    if (count > 0) {
      lastSentNanos = witness.now();
    }
    if (!frame[0].hasRemaining() && !frame[1].hasRemaining()) {
      if (state == State.SENDING_DATA) {
        sent++;
      }
      state = State.IDLE;
      return true;
    }
    return count > 0;
  }

  /** Once the message under way is through, only this is sent any more. */
  void abort(ByteBuffer abortFrame) {
    frame[0] = abortFrame;
    frame[1] = nothing;
    state = State.SENDING_CONTROL;
  }
}
