/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The receiving half of a sum: takes the schedule's messages from the left neighbour, in order, and
 * adds them to the caller's buffer or puts them there. Nothing of a payload is read before its
 * header is the one that is due.
 *
 * <p>Owned by one {@link RingAllReduce}. Threading: one thread.
 *
 * <p>Throws the failure of the left neighbour, whatever it is; {@link IOException} if it is gone.
 */
final class Incoming {

  private final FrameSource frames;
  private final Peer left;
  private final Witness witness;
  private final SectionAdder adder = new SectionAdder();
  private final ByteBuffer scratch;
  private final CRC32C crc = new CRC32C();

  private ReduceJob job;
  private int completed;
  private FrameHeader header;
  private ByteBuffer payload;
  private long firstHeardNanos;
  private long lastSignNanos;

  Incoming(FrameSource frames, Peer left, int segmentBytes, Witness witness) {
    this.frames = frames;
    this.left = left;
    this.witness = witness;
    this.scratch = ByteBuffer.allocateDirect(segmentBytes);
  }

  void begin(ReduceJob nextJob) {
    job = nextJob;
    completed = 0;
    frames.restartWait(witness.startedNanos());
    lastSignNanos = witness.startedNanos();
    witness.enter(job.schedule().phase(0).words());
  }

  /** How many of the schedule's messages have arrived and been worked in. */
  int completed() {
    return completed;
  }

  boolean done() {
    return completed == job.schedule().messages();
  }

  /** When the first message of this sum began to arrive; meaningful once one has been completed. */
  long firstHeardNanos() {
    return firstHeardNanos;
  }

  /** When the last byte of any kind came. */
  long lastHeardNanos() {
    return frames.lastHeardNanos();
  }

  /** When the neighbour last gave data; a sign of life alone does not count. */
  long lastDataNanos() {
    return header == null ? lastSignNanos : Math.max(lastSignNanos, frames.lastHeardNanos());
  }

  /** Takes what is there, up to the end of one message. Returns whether that was anything. */
  boolean pump() throws IOException {
    if (done()) {
      return false;
    }
    if (header == null) {
      Optional<FrameHeader> next = frames.next();
      if (next.isEmpty()) {
        return false;
      }
      if (next.get().kind() == FrameHeader.Kind.WAITING) {
        return true;
      }
      accept(next.get());
    }
    int before = payload.position();
    while (payload.hasRemaining()) {
      int start = payload.position();
      if (frames.read(payload) == 0) {
        return start > before;
      }
      int count = payload.position() - start;
      crc.update(payload.slice(start, count));
      witness.received(count);
    }
    complete();
    return true;
  }

  private void accept(FrameHeader next) {
    RingSchedule schedule = job.schedule();
    int chunk = schedule.chunkReceived(completed);
    FrameHeader due = job.header(completed, chunk, next.payloadCrc());
    if (!next.sameMessage(due)) {
      throw witness.saw(
          Fault.Kind.OUT_OF_STEP,
          left,
          lastHeardNanos(),
          "is out of step: it sent " + next.describe() + " instead of " + due.describe());
    }
    if (completed == 0) {
      firstHeardNanos = lastHeardNanos();
    }
    header = next;
    payload =
        switch (schedule.phase(completed)) {
          case REDUCE_SCATTER -> scratch.slice(0, due.lengthBytes());
          case ALL_GATHER -> job.segment(chunk, schedule.segment(completed));
        };
    crc.reset();
  }

  private void complete() {
    RingSchedule schedule = job.schedule();
    if ((int) crc.getValue() != header.payloadCrc()) {
      throw witness.saw(
          Fault.Kind.CORRUPT,
          left,
          lastHeardNanos(),
          "sent bytes whose checksum does not match: " + header.describe());
    }
    if (schedule.phase(completed) == RingSchedule.Phase.REDUCE_SCATTER) {
      int chunk = schedule.chunkReceived(completed);
      int start = schedule.startBytes(chunk, schedule.segment(completed));
      adder.add(payload, job.buffer(), start, header.lengthBytes(), job.layout());
    }
    job.checksums().set(completed, header.payloadCrc());
    lastSignNanos = lastHeardNanos();
    header = null;
    payload = null;
    completed++;
    if (!done()) {
      witness.enter(schedule.phase(completed).words());
    }
  }
}
