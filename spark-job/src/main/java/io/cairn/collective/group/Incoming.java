/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import io.cairn.collective.FaultKind;
import io.cairn.collective.failures.ReceivingHalf;
import io.cairn.collective.messages.FaultReporter;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.messages.Source;
import io.cairn.collective.rounding.MessageForm;
import io.cairn.collective.rounding.RoundedForm;
import io.cairn.collective.rounding.SectionAdder;
import io.cairn.collective.schedules.Phase;
import io.cairn.collective.schedules.Transfer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The half of a sum that receives. It takes the messages of the schedule from the sources, in
 * order. Their numbers are added to those in the caller's buffer, or take their place. No payload
 * is read before its header has been compared with the message that is due.
 *
 * <p>Belongs to one {@link GroupAllReduce}.
 *
 * <p>Threading: one thread.
 *
 * <p>Throws the failure that the source reports whose message is due, and an {@link IOException} if
 * that source is gone.
 */
final class Incoming implements ReceivingHalf {

  private final Map<Integer, Source> sources;
  private final FaultReporter reporter;
  private final SectionAdder adder = new SectionAdder();
  private final RoundedForm rounded;
  private final ByteBuffer scratch;
  private final CRC32C crc = new CRC32C();

  private ReduceJob job;
  private int completed;
  private Transfer due;
  private Source from;
  private FrameHeader header;
  private ByteBuffer payload;
  private long firstHeardNanos;
  private long lastDataNanos;

  Incoming(
      Map<Integer, Source> sources, int segmentBytes, RoundedForm rounded, FaultReporter reporter) {
    this.sources = sources;
    this.rounded = rounded;
    this.reporter = reporter;
    this.scratch = ByteBuffer.allocateDirect(segmentBytes);
  }

  void begin(ReduceJob nextJob) {
    job = nextJob;
    completed = 0;
    from = null;
    expectNext(reporter.startedNanos());
  }

  /** How many of the schedule's messages have arrived and been worked in. */
  int completed() {
    return completed;
  }

  @Override
  public boolean done() {
    return completed == job.schedule().receives();
  }

  @Override
  public Optional<Source> awaited() {
    return done() ? Optional.empty() : Optional.of(from);
  }

  @Override
  public boolean isStarved() {
    return !done() && (header == null || payload.hasRemaining());
  }

  /** Whether the payload of a message of {@code source} is being read. */
  boolean isReading(Source source) {
    return header != null && payload.hasRemaining() && from == source;
  }

  @Override
  public boolean expectsHeaderOf(Source source) {
    return !done() && header == null && from == source;
  }

  @Override
  public boolean needs(Source source) {
    int arrived = header != null && !payload.hasRemaining() ? completed + 1 : completed;
    for (int message = job.schedule().receives() - 1; message >= arrived; message--) {
      if (sources.get(job.schedule().received(message).partner()) == source) {
        return true;
      }
    }
    return false;
  }

  /** When the first message of this sum began to arrive; meaningful once one has been completed. */
  long firstHeardNanos() {
    return firstHeardNanos;
  }

  @Override
  public long lastDataNanos() {
    return header == null ? lastDataNanos : Math.max(lastDataNanos, from.inbox().lastHeardNanos());
  }

  /**
   * Takes what is there, up to the end of one message.
   *
   * @param sent how many outgoing messages have been taken
   * @return whether that was anything
   */
  boolean pump(int sent) throws IOException {
    if (done()) {
      return false;
    }
    if (header == null) {
      Optional<FrameHeader> next = from.inbox().look();
      if (next.isEmpty()) {
        return false;
      }
      accept(next.get());
    }
    int before = payload.position();
    while (payload.hasRemaining()) {
      int start = payload.position();
      if (from.inbox().read(payload) == 0) {
        return start > before;
      }
      int count = payload.position() - start;
      if (!from.isProtected()) {
        crc.update(payload.slice(start, count));
      }
      reporter.received(count);
    }
    if (job.schedule().sentBefore(completed) > sent) {
      return payload.position() > before;
    }
    complete();
    return true;
  }

  private void accept(FrameHeader next) {
    FrameHeader expected = job.header(due, next.payloadCrc());
    if (!next.sameMessage(expected)) {
      throw reporter.saw(
          FaultKind.OUT_OF_STEP,
          from.peer(),
          from.inbox().lastHeardNanos(),
          "is out of step: it sent " + next.describe() + " instead of " + expected.describe());
    }
    if (completed == 0) {
      firstHeardNanos = from.inbox().lastHeardNanos();
    }
    header = from.inbox().take();
    payload = isReadInPlace() ? job.segment(due).numbers() : scratch.slice(0, job.wireBytes(due));
    crc.reset();
  }

  private void complete() {
    if (!from.isProtected()) {
      verify();
    }
    workIn();
    completed++;
    expectNext(from.inbox().lastHeardNanos());
  }

  private void verify() {
    if ((int) crc.getValue() != header.payloadCrc()) {
      throw reporter.saw(
          FaultKind.CORRUPT,
          from.peer(),
          from.inbox().lastHeardNanos(),
          "sent bytes whose checksum does not match: " + header.describe());
    }
    job.checksums().set(completed, header.payloadCrc());
  }

  private boolean isReadInPlace() {
    return due.phase().combine() == Phase.Combine.REPLACE && job.form() == MessageForm.PLAIN;
  }

  private void workIn() {
    if (isReadInPlace()) {
      return;
    }
    switch (job.form()) {
      case PLAIN -> adder.add(payload, job.segment(due));
      case ROUNDED -> {
        switch (due.phase().combine()) {
          case ADD -> rounded.add(job.segment(due), payload);
          case REPLACE -> rounded.replace(job.segment(due), payload);
        }
      }
    }
  }

  /** The silence of a source counts from when it is waited for. */
  private void expectNext(long nowNanos) {
    header = null;
    payload = null;
    lastDataNanos = nowNanos;
    if (done()) {
      return;
    }
    due = job.schedule().received(completed);
    reporter.enter(due.phase().words());
    Source next = sources.get(due.partner());
    if (next != from) {
      from = next;
      from.inbox().restartWait(nowNanos);
    }
  }
}
