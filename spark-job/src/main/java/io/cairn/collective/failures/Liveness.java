/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.failures;

import io.cairn.collective.CollectiveException;
import io.cairn.collective.FaultKind;
import io.cairn.collective.Peer;
import io.cairn.collective.messages.FaultReporter;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.messages.Inbox;
import io.cairn.collective.messages.Source;
import io.cairn.collective.messages.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * Finds out which rank has been silent for too long. It also sends heartbeats, so that others do
 * not think so of this rank.
 *
 * <p>A rank that only waits, or is busy with others for long, sends heartbeats to those that wait
 * for it. So the rank that is blamed is the silent one, and not the first that waits for it.
 * Heartbeats go to the targets on their streams, and to the sources on the back-channels: a source
 * whose message is not due yet has no other way to hear that this rank lives.
 *
 * <p>Belongs to one group.
 *
 * <p>Threading: one thread.
 */
public final class Liveness {

  /** How many a rank that waits sends within the time limit. */
  public static final int HEARTBEATS_PER_TIMEOUT = 4;

  /** Heartbeats of a rank that moves no data put a deadline off, but for no more than these. */
  private static final int MAX_TIMEOUTS_WITHOUT_DATA = 2;

  private final long groupId;
  private final FaultReporter reporter;
  private final List<Source> sources;
  private final List<Target> targets;
  private final ReceivingHalf incoming;
  private final SendingHalf outgoing;
  private final long progressNanos;
  private long lastHeartbeatNanos;

  /** Of the sums that go through these two halves, one after the other. */
  public Liveness(
      long groupId,
      Duration progressTimeout,
      FaultReporter reporter,
      List<Source> sources,
      List<Target> targets,
      ReceivingHalf incoming,
      SendingHalf outgoing) {
    this.groupId = groupId;
    this.reporter = reporter;
    this.sources = sources;
    this.targets = targets;
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.progressNanos = progressTimeout.toNanos();
  }

  /** For the next sum. */
  public void begin() {
    lastHeartbeatNanos = reporter.startedNanos();
  }

  /**
   * The failure of the rank that this one has waited for longer than it has to, if there is one.
   */
  public Optional<CollectiveException> overdue(long now) {
    if (incoming.isStarved()) {
      Source awaited = incoming.awaited().orElseThrow();
      long patienceNanos = patienceNanos(awaited);
      long lastMovedNanos = Math.max(incoming.lastDataNanos(), awaited.inbox().lastMovedNanos());
      if (isOverdue(now, awaited.inbox().lastHeardNanos(), lastMovedNanos, patienceNanos)) {
        return Optional.of(silent(awaited.peer(), incoming.lastDataNanos(), "sent nothing"));
      }
    }
    Optional<Target> taking = outgoing.taking();
    if (taking.isPresent()) {
      long lastTakenNanos = taking.get().outbox().lastTakenNanos();
      long lastHeardNanos = latest(taking.get(), Inbox::lastHeardNanos);
      long lastMovedNanos = latest(taking.get(), Inbox::lastMovedNanos);
      long patienceNanos = MAX_TIMEOUTS_WITHOUT_DATA * progressNanos;
      if (isOverdue(now, lastHeardNanos, lastMovedNanos, patienceNanos)) {
        return Optional.of(silent(taking.get().peer(), lastTakenNanos, "took nothing"));
      }
    }
    return Optional.empty();
  }

  /** A target that is held up itself says so on the back-channel, or on its own stream. */
  private long latest(Target target, ToLongFunction<Inbox> when) {
    long latest = Math.max(target.outbox().lastTakenNanos(), when.applyAsLong(target.inbox()));
    for (Source source : sources) {
      if (source.peer().equals(target.peer())) {
        latest = Math.max(latest, when.applyAsLong(source.inbox()));
      }
    }
    return latest;
  }

  /**
   * How long a source may live without giving data. Where it waits for a third rank, the cause is
   * further away than this one: whoever is nearer, at the latest two that wait for each other, is
   * left the time to tell.
   */
  private long patienceNanos(Source awaited) {
    long patienceNanos = MAX_TIMEOUTS_WITHOUT_DATA * progressNanos;
    int waitsFor = awaited.inbox().waitsFor();
    return waitsFor == FrameHeader.NOBODY || waitsFor == reporter.rank()
        ? patienceNanos
        : patienceNanos + progressNanos / HEARTBEATS_PER_TIMEOUT;
  }

  private boolean isOverdue(
      long now, long lastSeenNanos, long lastProgressNanos, long patienceNanos) {
    return now - lastSeenNanos >= progressNanos || now - lastProgressNanos >= patienceNanos;
  }

  private CollectiveException silent(Peer peer, long lastHeardNanos, String detail) {
    String limit = " (the limit is " + TimeUnit.NANOSECONDS.toMillis(progressNanos) + " ms)";
    return reporter.saw(FaultKind.PEER_SILENT, peer, lastHeardNanos, detail + limit);
  }

  /** Also to targets that have all of this sum: they may be waiting in the next one already. */
  public void sendHeartbeats(long now) {
    long dueNanos = progressNanos / HEARTBEATS_PER_TIMEOUT;
    if (now - lastHeartbeatNanos < dueNanos) {
      return;
    }
    lastHeartbeatNanos = now;
    int stillMillis =
        (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(now - lastMovedNanos()));
    int awaited =
        incoming.isStarved() ? incoming.awaited().orElseThrow().peer().rank() : FrameHeader.NOBODY;
    FrameHeader heartbeat = FrameHeader.heartbeat(groupId, reporter.update(), awaited, stillMillis);
    for (Target target : targets) {
      if (target.ended().isEmpty() && !target.outbox().isBusy()) {
        target.outbox().begin(heartbeat);
      }
    }
    for (Source source : sources) {
      if (source.ended().isEmpty()) {
        sendTo(source, heartbeat);
      }
    }
  }

  private long lastMovedNanos() {
    long received = incoming.done() ? reporter.startedNanos() : incoming.lastDataNanos();
    long sent =
        outgoing.taking().map(it -> it.outbox().lastTakenNanos()).orElse(reporter.startedNanos());
    return Math.max(received, sent);
  }

  private static void sendTo(Source source, FrameHeader heartbeat) {
    try {
      source.sendHeartbeat(heartbeat);
    } catch (IOException gone) {
      // What it sent before it went is still to be read, and tells.
    }
  }
}
