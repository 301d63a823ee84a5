/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import io.cairn.collective.failures.SendingHalf;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.messages.Target;
import io.cairn.collective.rounding.RoundedForm;
import io.cairn.collective.rounding.Segment;
import io.cairn.collective.schedules.Schedule;
import io.cairn.collective.schedules.Transfer;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * The half of a sum that sends. It begins the messages of the schedule, in order, and each one as
 * soon as what it depends on has arrived. The outboxes of the targets do the rest.
 *
 * <p>Belongs to one {@link GroupAllReduce}.
 *
 * <p>Threading: one thread.
 */
final class Outgoing implements SendingHalf {

  private final Map<Integer, Target> targets;
  private final RoundedForm rounded;

  private ReduceJob job;
  private int sent;
  private Target taking;

  Outgoing(Map<Integer, Target> targets, RoundedForm rounded) {
    this.targets = targets;
    this.rounded = rounded;
  }

  void begin(ReduceJob nextJob) {
    job = nextJob;
    sent = 0;
    taking = null;
  }

  /** How many of the schedule's messages the targets have taken. */
  int sent() {
    return sent;
  }

  boolean done() {
    return sent == job.schedule().sends();
  }

  @Override
  public Optional<Target> taking() {
    return Optional.ofNullable(taking);
  }

  @Override
  public boolean owes(Target target) {
    for (int message = job.schedule().sends() - 1; message >= sent; message--) {
      if (targets.get(job.schedule().sent(message).partner()) == target) {
        return true;
      }
    }
    return false;
  }

  /**
   * Begins the next message if it is due.
   *
   * @param received how many incoming messages have been worked in
   */
  void beginNext(int received) {
    Schedule schedule = job.schedule();
    if (taking != null || done() || schedule.receivedBefore(sent) > received) {
      return;
    }
    Transfer next = schedule.sent(sent);
    Target target = targets.get(next.partner());
    if (target.outbox().isBusy()) {
      return;
    }
    int brought = schedule.passedOn(sent);
    ByteBuffer payload = payload(next, brought);
    int crc = target.isProtected() ? FrameHeader.UNCHECKED : checksum(payload, brought);
    target.outbox().begin(job.header(next, crc), payload);
    taking = target;
  }

  private int checksum(ByteBuffer payload, int brought) {
    return job.checksums()
        .of(brought)
        .orElseGet(() -> FrameHeader.crc(payload, 0, payload.remaining()));
  }

  private ByteBuffer payload(Transfer next, int brought) {
    Segment segment = job.segment(next);
    return switch (job.form()) {
      case PLAIN -> segment.numbers();
      case ROUNDED -> brought == Schedule.NONE ? rounded.round(segment) : rounded.passOn(segment);
    };
  }

  /** Counts the message under way once it is through. Returns whether it is. */
  boolean finish() {
    if (taking == null || taking.outbox().isBusy()) {
      return false;
    }
    taking = null;
    sent++;
    return true;
  }
}
