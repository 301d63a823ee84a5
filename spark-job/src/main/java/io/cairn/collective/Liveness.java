/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Who has been silent for too long, and that others do not think so of this rank.
 *
 * <p>A rank that merely waits sends signs of life to those that wait for it, so that the rank
 * blamed is the silent one and not the first that waits. They go along its streams, and against
 * those that it takes nothing from because others are due first: whoever sends them could not hear
 * it otherwise.
 *
 * <p>Belongs to one {@link GroupAllReduce}. Threading: one thread.
 */
final class Liveness {

  static final int SIGNS_PER_TIMEOUT = 4;

  /** Signs of life put a deadline off, but not for longer than this many deadlines. */
  private static final int MAX_TIMEOUTS_WITHOUT_DATA = 2;

  private final GroupOptions options;
  private final Witness witness;
  private final List<Source> sources;
  private final List<Target> targets;
  private final Incoming incoming;
  private final Outgoing outgoing;
  private final long progressNanos;
  private long lastSignNanos;

  Liveness(
      GroupOptions options,
      Witness witness,
      List<Source> sources,
      List<Target> targets,
      Incoming incoming,
      Outgoing outgoing) {
    this.options = options;
    this.witness = witness;
    this.sources = sources;
    this.targets = targets;
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.progressNanos = options.progressTimeout().toNanos();
  }

  void begin() {
    lastSignNanos = witness.startedNanos();
  }

  /**
   * The failure of the rank that this one has waited for longer than it has to, if there is one.
   */
  Optional<CollectiveException> overdue(long now) {
    if (incoming.isStarved()) {
      Source awaited = incoming.awaited().orElseThrow();
      long patienceNanos = patienceNanos(awaited);
      if (isOverdue(
          now, awaited.inbox().lastHeardNanos(), incoming.lastDataNanos(), patienceNanos)) {
        return Optional.of(silent(awaited.peer(), incoming.lastDataNanos(), "sent nothing"));
      }
    }
    Optional<Target> taking = outgoing.taking();
    if (taking.isPresent()) {
      long lastTakenNanos = taking.get().outbox().lastTakenNanos();
      long patienceNanos = MAX_TIMEOUTS_WITHOUT_DATA * progressNanos;
      if (isOverdue(now, lastSignOf(taking.get()), lastTakenNanos, patienceNanos)) {
        return Optional.of(silent(taking.get().peer(), lastTakenNanos, "took nothing"));
      }
    }
    return Optional.empty();
  }

  /** A target that is held up itself says so against the stream, or along its own. */
  private long lastSignOf(Target target) {
    long latest = Math.max(target.outbox().lastTakenNanos(), target.news().lastHeardNanos());
    for (Source source : sources) {
      if (source.peer().equals(target.peer())) {
        latest = Math.max(latest, source.inbox().lastHeardNanos());
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
    return waitsFor == FrameHeader.NOBODY || waitsFor == witness.rank()
        ? patienceNanos
        : patienceNanos + progressNanos / SIGNS_PER_TIMEOUT;
  }

  private boolean isOverdue(
      long now, long lastSeenNanos, long lastProgressNanos, long patienceNanos) {
    return now - lastSeenNanos >= progressNanos || now - lastProgressNanos >= patienceNanos;
  }

  private CollectiveException silent(Peer peer, long lastHeardNanos, String detail) {
    String limit = " (the limit is " + options.progressTimeout().toMillis() + " ms)";
    return witness.saw(Fault.Kind.PEER_SILENT, peer, lastHeardNanos, detail + limit);
  }

  /** Also to targets that have all of this sum: they may be waiting in the next one already. */
  void giveSigns(long now) {
    long dueNanos = progressNanos / SIGNS_PER_TIMEOUT;
    if (waitedNanos(now) < dueNanos || now - lastSignNanos < dueNanos) {
      return;
    }
    lastSignNanos = now;
    int awaited =
        incoming.isStarved() ? incoming.awaited().orElseThrow().peer().rank() : FrameHeader.NOBODY;
    FrameHeader waiting = FrameHeader.waiting(options.attempt(), witness.update(), awaited);
    for (Target target : targets) {
      if (target.ended().isEmpty() && !target.outbox().isBusy()) {
        target.outbox().begin(waiting);
      }
    }
    for (Source source : sources) {
      if (source.ended().isEmpty()) {
        sayAgainstTheStream(source, waiting);
      }
    }
  }

  private long waitedNanos(long now) {
    long source = incoming.done() ? 0 : now - incoming.lastDataNanos();
    long target = outgoing.taking().map(it -> now - it.outbox().lastTakenNanos()).orElse(0L);
    return Math.max(source, target);
  }

  private static void sayAgainstTheStream(Source source, FrameHeader words) {
    try {
      source.say(words);
    } catch (IOException gone) {
      // What it sent before it went is still to be read, and tells.
    }
  }
}
