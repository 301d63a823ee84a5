/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * <p>On a failure it tells its partners why, as far as they can be told quickly, and they tell
 * theirs; then it closes the link. A rank that merely waits sends signs of life to those that wait
 * for it, so that the rank blamed for silence is the silent one and not the first that waits.
 */
public final class GroupAllReduce implements AllReduce {

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int SIGNS_PER_TIMEOUT = 4;

  /** Signs of life put a deadline off, but not for longer than this many deadlines. */
  private static final int MAX_TIMEOUTS_WITHOUT_DATA = 2;

  private final Link link;
  private final GroupOptions options;
  private final Witness witness;
  private final List<Partner> partners = new ArrayList<>();
  private final Incoming incoming;
  private final Outgoing outgoing;
  private final Link.Interest[] interests;
  private final long progressNanos;

  private Schedule schedule;
  private Checksums checksums;
  private CollectiveException broken;
  private boolean closed;
  private CollectiveException later;
  private long lastPollNanos;
  private long lastSignNanos;

  /**
   * A group over {@code link}, whose ownership passes.
   *
   * @param link to the partners, established
   * @param options must agree between all ranks in attempt, world size, segment length and choice
   */
  public GroupAllReduce(Link link, GroupOptions options) {
    this.link = link;
    this.options = options;
    this.progressNanos = options.progressTimeout().toNanos();
    this.witness = new Witness(link.self(), options.nanoClock());
    Map<Integer, Partner> byRank = new HashMap<>();
    for (int place = 0; place < link.partners().size(); place++) {
      Partner partner = new Partner(link, place, options.attempt(), witness);
      partners.add(partner);
      byRank.put(partner.peer().rank(), partner);
    }
    this.incoming = new Incoming(byRank, options.segmentBytes(), witness);
    this.outgoing = new Outgoing(byRank);
    this.interests = new Link.Interest[partners.size()];
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
      if (later != null) {
        throw later;
      }
      ReduceJob job = job(update, buffer, layout);
      incoming.begin(job);
      outgoing.begin(job);
      // Due at once: a rank that was cancelled before must not carry the others through.
      lastPollNanos = witness.startedNanos() - POLL_NANOS;
      lastSignNanos = witness.startedNanos();
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

  /**
   * Ends the group with a failure noticed outside of a sum, telling the partners: as when not all
   * of it came together.
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
      schedule = algorithm.schedule(size, worldSize(), rank(), options.segmentBytes());
      checksums = new Checksums(schedule.receives());
    }
    return new ReduceJob(
        options.attempt(), update, schedule, buffer.slice(), layout, layout.digest(), checksums);
  }

  private void run() {
    while (!isDone()) {
      boolean moved = receive();
      moved |= send();
      long now = witness.now();
      if (!moved || now - lastPollNanos >= POLL_NANOS) {
        lastPollNanos = now;
        checkCancelled();
        listen();
      }
      if (!moved && !isDone()) {
        checkDeadlines(now);
        giveSignsOfLife(now);
        sleep();
      }
    }
  }

  private boolean isDone() {
    return incoming.done()
        && outgoing.done()
        && partners.stream().noneMatch(partner -> partner.outbox().isBusy());
  }

  private boolean receive() {
    try {
      return incoming.pump(outgoing.sent());
    } catch (CollectiveException failure) {
      Partner awaited = incoming.awaited().orElseThrow();
      if (failure.isForwarded()) {
        awaited.markInformed();
      }
      throw failure;
    } catch (IOException e) {
      Partner awaited = incoming.awaited().orElseThrow();
      awaited.end(e);
      listen();
      throw lost(awaited, awaited.inbox().lastHeardNanos(), e);
    }
  }

  private boolean send() {
    outgoing.beginNext(incoming.completed());
    boolean moved = false;
    for (Partner partner : partners) {
      try {
        moved |= partner.outbox().flush();
      } catch (IOException e) {
        listen();
        throw lost(partner, partner.outbox().lastTakenNanos(), e);
      }
    }
    return outgoing.finish() || moved;
  }

  /** Looks for news from all partners, of which any may know of a failure. */
  private void listen() {
    for (Partner partner : partners) {
      if (partner.ended().isEmpty()) {
        listen(partner);
      }
    }
    for (Partner partner : partners) {
      if (partner.ended().isPresent() && isNeeded(partner)) {
        throw lost(partner, partner.inbox().lastHeardNanos(), partner.ended().get());
      }
    }
  }

  /**
   * News of a failure in a later update means that whatever this one needs from there has come, so
   * it is kept for the next call.
   */
  private void listen(Partner partner) {
    try {
      partner.inbox().look();
    } catch (CollectiveException failure) {
      if (!failure.isForwarded()) {
        throw failure;
      }
      partner.markInformed();
      if (failure.update() <= witness.update() || isNeeded(partner)) {
        throw failure;
      }
      later = failure;
      partner.end(new IOException("gave up in a later update"));
    } catch (IOException e) {
      partner.end(e);
    }
  }

  /**
   * That a partner has closed matters only while something is still to be exchanged with it: it may
   * have finished, and be gone, before this rank.
   */
  private boolean isNeeded(Partner partner) {
    return incoming.needs(partner.peer().rank()) || outgoing.owes(partner.peer().rank());
  }

  private CollectiveException lost(Partner partner, long lastHeardNanos, IOException cause) {
    partner.markInformed();
    if (later != null) {
      return later;
    }
    return cause instanceof DamagedStreamException
        ? witness.saw(
            Fault.Kind.CORRUPT,
            partner.peer(),
            lastHeardNanos,
            "sent bytes that do not verify: " + cause.getMessage(),
            cause)
        : witness.saw(
            Fault.Kind.PEER_LOST,
            partner.peer(),
            lastHeardNanos,
            "was lost: " + cause.getMessage(),
            cause);
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

  private void checkDeadlines(long now) {
    incoming
        .awaited()
        .ifPresent(
            awaited -> {
              if (now - awaited.inbox().lastHeardNanos() >= progressNanos
                  || now - incoming.lastDataNanos() >= MAX_TIMEOUTS_WITHOUT_DATA * progressNanos) {
                throw silent(awaited, incoming.lastDataNanos(), "sent nothing");
              }
            });
    for (Partner partner : partners) {
      long lastTakenNanos = partner.outbox().lastTakenNanos();
      if (partner.outbox().isBusy() && now - lastTakenNanos >= progressNanos) {
        throw silent(partner, lastTakenNanos, "took nothing");
      }
    }
  }

  private CollectiveException silent(Partner partner, long lastHeardNanos, String detail) {
    String limit = " (the limit is " + options.progressTimeout().toMillis() + " ms)";
    return later != null
        ? later
        : witness.saw(Fault.Kind.PEER_SILENT, partner.peer(), lastHeardNanos, detail + limit);
  }

  private void giveSignsOfLife(long now) {
    long due = progressNanos / SIGNS_PER_TIMEOUT;
    if (now - incoming.lastDataNanos() < due || now - lastSignNanos < due) {
      return;
    }
    lastSignNanos = now;
    FrameHeader waiting =
        FrameHeader.control(FrameHeader.Kind.WAITING, options.attempt(), witness.update(), 0, 0);
    for (Partner partner : partners) {
      if (!partner.outbox().isBusy() && outgoing.owes(partner.peer().rank())) {
        partner.outbox().begin(waiting);
      }
    }
  }

  private void sleep() {
    for (int i = 0; i < interests.length; i++) {
      interests[i] = interest(partners.get(i));
    }
    try {
      link.await(interests, Math.min(POLL_NANOS, progressNanos / (2 * SIGNS_PER_TIMEOUT)));
    } catch (IOException e) {
      throw new UncheckedIOException("waiting for the partners", e);
    }
  }

  /** A partner that is ahead is not listened to until its message is due. */
  private Link.Interest interest(Partner partner) {
    boolean receive =
        partner.ended().isEmpty() && (incoming.isReading(partner) || !partner.inbox().isFull());
    boolean send = partner.outbox().isBusy();
    return receive
        ? send ? Link.Interest.RECEIVE_AND_SEND : Link.Interest.RECEIVE
        : send ? Link.Interest.SEND : Link.Interest.NONE;
  }

  /** From here on the group is broken: tells who does not know yet, and closes the link. */
  private void fail(CollectiveException failure) {
    broken = failure;
    boolean interrupted = Thread.interrupted();
    try {
      new Farewell(link, partners, witness, options.attempt(), failure).say();
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
