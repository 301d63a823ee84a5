/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

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
 * The sum over ranks that a {@link Link} connects, as a {@link Schedule} orders it. One loop
 * receives, adds and sends whatever is possible now and sleeps when nothing is, so that no step
 * waits for another without need.
 *
 * <p>Owns its link and closes it. Made by a rendezvous, closed by whoever asked for the group.
 *
 * <p>Threading: one thread at a time, which does all the work.
 *
 * <p>On a failure it tells its sources and targets why, as far as they can be told quickly, and
 * they tell theirs; then it closes the link.
 */
public final class GroupAllReduce implements AllReduce {

  private static final long MAX_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Link link;
  private final GroupOptions options;
  private final Witness witness;
  private final List<Source> sources = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();
  private final Incoming incoming;
  private final Outgoing outgoing;
  private final Liveness liveness;
  private final News news;
  private final Residuals residuals = new Residuals();
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
   * @param options must agree between all ranks in attempt, world size, segment length and choice
   */
  public GroupAllReduce(Link link, GroupOptions options) {
    this.link = link;
    this.options = options;
    this.pollNanos =
        Math.min(
            MAX_POLL_NANOS, options.progressTimeout().toNanos() / (2 * Liveness.SIGNS_PER_TIMEOUT));
    this.witness = new Witness(link.self(), options.nanoClock());
    Map<Integer, Source> sourceAt = new HashMap<>();
    for (int position : AlgorithmChoice.sources(options.worldSize(), options.position())) {
      sources.add(new Source(link, sources.size(), options.attempt(), witness));
      sourceAt.put(position, sources.get(sources.size() - 1));
    }
    Map<Integer, Target> targetAt = new HashMap<>();
    for (int position : AlgorithmChoice.targets(options.worldSize(), options.position())) {
      targets.add(new Target(link, targets.size(), options.attempt(), witness));
      targetAt.put(position, targets.get(targets.size() - 1));
    }
    RoundedForm rounded = new RoundedForm(options.segmentBytes(), residuals);
    this.incoming = new Incoming(sourceAt, options.segmentBytes(), rounded, witness);
    this.outgoing = new Outgoing(targetAt, rounded);
    this.liveness = new Liveness(options, witness, sources, targets, incoming, outgoing);
    this.news = new News(link, witness, sources, targets, incoming, outgoing);
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
    witness.begin(update);
    try {
      news.failIfHeard();
      ReduceJob job = job(update, buffer, layout);
      residuals.enter(job);
      incoming.begin(job);
      outgoing.begin(job);
      // Due at once: a rank that was cancelled before must not carry the others through.
      lastPollNanos = witness.startedNanos() - pollNanos;
      liveness.begin();
      run();
    } catch (CollectiveException failure) {
      fail(failure);
      throw failure;
    } catch (RuntimeException | Error ownFault) {
      fail(
          witness.saw(
              Fault.Kind.PEER_LOST,
              link.self(),
              witness.startedNanos(),
              "failed by itself: " + ownFault,
              ownFault));
      throw ownFault;
    }
    long waited = incoming.firstHeardNanos() - witness.startedNanos();
    return new ReduceTiming(
        Math.max(0, waited), Math.max(0, witness.now() - incoming.firstHeardNanos()));
  }

  @Override
  public void forgetResiduals() {
    residuals.forget();
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
    return ReduceJob.of(options.attempt(), update, sums, schedule, buffer, layout, checksums);
  }

  private void run() {
    while (!isDone()) {
      boolean moved = receive();
      moved |= send();
      long now = witness.now();
      if (!moved || now - lastPollNanos >= pollNanos) {
        lastPollNanos = now;
        checkCancelled();
        news.listen();
        if (!isDone()) {
          liveness.giveSigns(now);
        }
      }
      if (!moved && !isDone()) {
        failIfOverdue(now);
        sleep();
      }
    }
  }

  /** A sign of life may still be under way. */
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
      news.listen();
      throw news.lost(awaited.peer(), awaited.inbox().lastHeardNanos(), e);
    }
  }

  private boolean send() {
    outgoing.beginNext(incoming.completed());
    boolean moved = false;
    for (Target target : targets) {
      try {
        moved |= target.outbox().flush();
      } catch (IOException e) {
        news.listen();
        target.end(e);
        target.outbox().drop();
        news.failIfOwed(target);
      }
    }
    return outgoing.finish() || moved;
  }

  private void failIfOverdue(long now) {
    Optional<CollectiveException> overdue = liveness.overdue(now);
    if (overdue.isPresent()) {
      news.failIfHeard();
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
    return witness.saw(Fault.Kind.CANCELLED, link.self(), witness.startedNanos(), detail);
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
      new Farewell(link, witness, options.attempt(), failure).say(sources, targets);
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
