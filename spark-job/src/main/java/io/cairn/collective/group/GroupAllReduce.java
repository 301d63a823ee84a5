/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.FaultKind;
import io.cairn.collective.Link;
import io.cairn.collective.ReduceTiming;
import io.cairn.collective.failures.AbortBroadcast;
import io.cairn.collective.failures.Liveness;
import io.cairn.collective.failures.PeerFailures;
import io.cairn.collective.messages.FaultReporter;
import io.cairn.collective.messages.Source;
import io.cairn.collective.messages.Target;
import io.cairn.collective.rounding.ErrorFeedback;
import io.cairn.collective.rounding.RoundedForm;
import io.cairn.collective.rounding.Segment;
import io.cairn.collective.schedules.Algorithm;
import io.cairn.collective.schedules.AlgorithmChoice;
import io.cairn.collective.schedules.Schedule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Sums over the ranks that a {@link Link} connects, in the order that a {@link Schedule} gives. One
 * loop receives, adds and sends whatever is possible now, and sleeps when nothing is. So no round
 * waits for another one without need.
 *
 * <p>Owns its link and closes it. A rendezvous makes the group; whoever asked for it closes it.
 *
 * <p>Threading: one thread at a time, which does all the work.
 *
 * <p>On a failure it tells its sources and targets why, as far as they can be told quickly, and
 * they tell theirs. Then it closes the link.
 */
public final class GroupAllReduce implements AllReduce {

  private static final long MAX_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Link link;
  private final GroupOptions options;
  private final FaultReporter reporter;
  private final List<Source> sources = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();
  private final Incoming incoming;
  private final Outgoing outgoing;
  private final Liveness liveness;
  private final PeerFailures peerFailures;
  private final ErrorFeedback feedback = new ErrorFeedback();
  private final BitSet reading = new BitSet();
  private final BitSet writing = new BitSet();
  private final long pollNanos;

  private long sums;
  private Schedule schedule;
  private Checksums checksums;
  private CollectiveException broken;
  private boolean closed;
  private long lastPollNanos;

  /**
   * A group over {@code link}, whose ownership passes.
   *
   * @param link established
   * @param options must agree between all ranks in group, world size, segment length and choice
   */
  public GroupAllReduce(Link link, GroupOptions options) {
    this.link = link;
    this.options = options;
    this.pollNanos =
        Math.min(
            MAX_POLL_NANOS,
            options.progressTimeout().toNanos() / (2 * Liveness.HEARTBEATS_PER_TIMEOUT));
    this.reporter = new FaultReporter(link.self(), options.nanoClock());
    Map<Integer, Source> sourceAt = new HashMap<>();
    for (int position : AlgorithmChoice.sources(options.worldSize(), options.position())) {
      sources.add(new Source(link, sources.size(), options.groupId(), reporter));
      sourceAt.put(position, sources.get(sources.size() - 1));
    }
    Map<Integer, Target> targetAt = new HashMap<>();
    for (int position : AlgorithmChoice.targets(options.worldSize(), options.position())) {
      targets.add(new Target(link, targets.size(), options.groupId(), reporter));
      targetAt.put(position, targets.get(targets.size() - 1));
    }
    RoundedForm rounded = new RoundedForm(options.segmentBytes(), feedback);
    this.incoming = new Incoming(sourceAt, options.segmentBytes(), rounded, reporter);
    this.outgoing = new Outgoing(targetAt, rounded);
    this.liveness =
        new Liveness(
            options.groupId(),
            options.progressTimeout(),
            reporter,
            sources,
            targets,
            incoming,
            outgoing);
    this.peerFailures = new PeerFailures(link, reporter, sources, targets, incoming, outgoing);
  }

  @Override
  public int rank() {
    return link.self().rank();
  }

  @Override
  public int worldSize() {
    return options.worldSize();
  }

  @Override
  public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
    if (closed) {
      throw new IllegalStateException("the group is closed");
    }
    if (broken != null) {
      throw broken;
    }
    layout.requireFits(buffer);
    reporter.begin(update);
    try {
      peerFailures.failIfHeard();
      ReduceJob job = job(update, buffer, layout);
      feedback.enter(Segment.all(job.buffer(), layout), job.form());
      incoming.begin(job);
      outgoing.begin(job);
      // Due at once: a rank that was cancelled before must not carry the others through.
      lastPollNanos = reporter.startedNanos() - pollNanos;
      liveness.begin();
      run();
    } catch (CollectiveException failure) {
      fail(failure);
      throw failure;
    } catch (RuntimeException | Error ownFault) {
      fail(
          reporter.saw(
              FaultKind.PEER_LOST,
              link.self(),
              reporter.startedNanos(),
              "failed by itself: " + ownFault,
              ownFault));
      throw ownFault;
    }
    long waited = incoming.firstHeardNanos() - reporter.startedNanos();
    return new ReduceTiming(
        Math.max(0, waited), Math.max(0, reporter.now() - incoming.firstHeardNanos()));
  }

  @Override
  public void clearErrorFeedback() {
    feedback.clear();
  }

  /**
   * Ends the group with a failure noticed outside of a sum, telling the others: as when not all of
   * it came together.
   */
  public void abort(CollectiveException failure) {
    if (!closed && broken == null) {
      fail(failure);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      link.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ReduceJob job(long update, ByteBuffer buffer, BufferLayout layout) {
    int size = layout.sizeBytes();
    if (schedule == null || schedule.sizeBytes() != size) {
      Algorithm algorithm = options.choice().of(size, worldSize());
      schedule = algorithm.schedule(size, worldSize(), options.position(), options.segmentBytes());
      checksums = new Checksums(schedule.receives());
    }
    checksums.clear();
    sums++;
    return ReduceJob.of(options.groupId(), update, sums, schedule, buffer, layout, checksums);
  }

  private void run() {
    while (!isDone()) {
      boolean moved = receive();
      moved |= send();
      long now = reporter.now();
      if (!moved || now - lastPollNanos >= pollNanos) {
        lastPollNanos = now;
        checkCancelled();
        peerFailures.listen();
        if (!isDone()) {
          liveness.sendHeartbeats(now);
        }
      }
      if (!moved && !isDone()) {
        failIfOverdue(now);
        sleep();
      }
    }
  }

  /** A heartbeat may still be under way. */
  private boolean isDone() {
    return incoming.done() && outgoing.done();
  }

  private boolean receive() {
    try {
      return incoming.pump(outgoing.sent());
    } catch (CollectiveException failure) {
      if (failure.isForwarded()) {
        incoming.awaited().orElseThrow().markInformed();
      }
      throw failure;
    } catch (IOException e) {
      Source awaited = incoming.awaited().orElseThrow();
      awaited.end(e);
      peerFailures.listen();
      throw peerFailures.lost(awaited.peer(), awaited.inbox().lastHeardNanos(), e);
    }
  }

  private boolean send() {
    outgoing.beginNext(incoming.completed());
    boolean moved = false;
    for (Target target : targets) {
      try {
        moved |= target.outbox().flush();
      } catch (IOException e) {
        peerFailures.listen();
        target.end(e);
        target.outbox().drop();
        peerFailures.failIfOwed(target);
      }
    }
    return outgoing.finish() || moved;
  }

  private void failIfOverdue(long now) {
    Optional<CollectiveException> overdue = liveness.overdue(now);
    if (overdue.isPresent()) {
      peerFailures.failIfHeard();
      throw overdue.get();
    }
  }

  private void checkCancelled() {
    if (Thread.currentThread().isInterrupted()) {
      throw cancelled("was interrupted");
    }
    if (options.cancelled().getAsBoolean()) {
      throw cancelled("was cancelled");
    }
  }

  private CollectiveException cancelled(String detail) {
    return reporter.saw(FaultKind.CANCELLED, link.self(), reporter.startedNanos(), detail);
  }

  /** A source that is ahead is not listened to until its message is due. */
  private void sleep() {
    reading.clear();
    for (Source source : sources) {
      boolean open = incoming.isReading(source) || !source.inbox().isFull();
      reading.set(source.place(), open && source.ended().isEmpty());
    }
    writing.clear();
    targets.forEach(target -> writing.set(target.place(), target.outbox().isBusy()));
    try {
      link.await(reading, writing, pollNanos);
    } catch (IOException e) {
      throw new UncheckedIOException("waiting for the other ranks", e);
    }
  }

  /** From here on the group is broken: tells who does not know yet, and closes the link. */
  private void fail(CollectiveException failure) {
    broken = failure;
    boolean interrupted = Thread.interrupted();
    try {
      new AbortBroadcast(link, reporter, options.groupId(), failure).send(sources, targets);
      link.close();
    } catch (IOException | RuntimeException cleanup) {
      failure.addSuppressed(cleanup);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
