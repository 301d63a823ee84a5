/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The sum over a ring of ranks, as {@link RingSchedule} orders it. One loop receives, adds and
 * sends whatever is possible now and sleeps when nothing is, so that no step waits for another
 * without need.
 *
 * <p>Owns its link and closes it. Made by a rendezvous, closed by whoever asked for the group.
 *
 * <p>Threading: one thread at a time, which does all the work.
 *
 * <p>On a failure it tells both neighbours why, as far as they can be told quickly, and they tell
 * theirs; then it closes the link. A rank that merely waits sends signs of life to the right, so
 * that the rank blamed for silence is the silent one and not the first that waits for it.
 */
public final class RingAllReduce implements AllReduce {

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long ABORT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int SIGNS_PER_TIMEOUT = 4;

  /** Signs of life put a deadline off, but not for longer than this many deadlines. */
  private static final int MAX_TIMEOUTS_WITHOUT_DATA = 2;

  private final Link link;
  private final RingOptions options;
  private final Witness witness;
  private final FrameSource back;
  private final Incoming incoming;
  private final Outgoing outgoing;
  private final long progressNanos;

  private RingSchedule schedule;
  private Checksums checksums;
  private CollectiveException broken;
  private boolean closed;
  private boolean leftKnows;
  private boolean rightKnows;
  private IOException rightEnded;
  private CollectiveException later;
  private long lastPollNanos;
  private long lastSignNanos;

  /**
   * A ring over {@code link}, whose ownership passes.
   *
   * @param link to the neighbours, established
   * @param options must agree between all ranks in attempt, world size and segment length
   */
  public RingAllReduce(Link link, RingOptions options) {
    this.link = link;
    this.options = options;
    this.progressNanos = options.progressTimeout().toNanos();
    this.witness = new Witness(link.self(), options.nanoClock());
    FrameSource front = new FrameSource(link::receive, link.left(), options.attempt(), witness);
    this.back = new FrameSource(link::receiveBack, link.right(), options.attempt(), witness);
    this.incoming = new Incoming(front, link.left(), options.segmentBytes(), witness);
    this.outgoing = new Outgoing(link, witness);
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
   * Ends the group with a failure noticed outside of a sum, telling the neighbours: as when not all
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
      schedule = RingSchedule.of(size, worldSize(), options.position(), options.segmentBytes());
      checksums = new Checksums(schedule.messages());
    }
    return new ReduceJob(
        options.attempt(), update, schedule, buffer.slice(), layout, layout.digest(), checksums);
  }

  private void run() {
    while (!incoming.done() || !outgoing.done()) {
      boolean moved = receive();
      moved |= send();
      long now = witness.now();
      if (!moved || now - lastPollNanos >= POLL_NANOS) {
        lastPollNanos = now;
        checkCancelled();
        hearBack();
      }
      if (!moved && !(incoming.done() && outgoing.done())) {
        checkDeadlines(now);
        giveSignOfLife(now);
        sleep();
      }
    }
  }

  private boolean receive() {
    try {
      return incoming.pump();
    } catch (CollectiveException failure) {
      leftKnows = failure.isForwarded();
      throw failure;
    } catch (IOException e) {
      leftKnows = true;
      hearBack();
      throw lost(link.left(), incoming.lastHeardNanos(), e);
    }
  }

  private boolean send() {
    try {
      return outgoing.pump(incoming.completed());
    } catch (IOException e) {
      hearBack();
      if (outgoing.done()) {
        rightEnded = e;
        outgoing.dropSign();
        return false;
      }
      rightKnows = true;
      throw lost(link.right(), outgoing.lastSentNanos(), e);
    }
  }

  /**
   * Looks for news from the right. That it has closed matters only while something is still to be
   * sent to it: it may have finished, and be gone, before this rank. News of a failure in a later
   * update means that whatever this one needs is on its way, so it is kept for the next call.
   */
  private void hearBack() {
    if (rightEnded == null) {
      try {
        Optional<FrameHeader> unexpected = back.next();
        if (unexpected.isPresent()) {
          throw witness.saw(
              Fault.Kind.CORRUPT,
              link.right(),
              back.lastHeardNanos(),
              "sent a message against the ring's direction: " + unexpected.get().describe());
        }
      } catch (CollectiveException failure) {
        rightKnows = failure.isForwarded();
        if (rightKnows && failure.update() > witness.update()) {
          later = failure;
        } else {
          throw failure;
        }
      } catch (IOException e) {
        rightEnded = e;
      }
    }
    if (rightEnded != null && !outgoing.done()) {
      rightKnows = true;
      throw lost(link.right(), outgoing.lastSentNanos(), rightEnded);
    }
  }

  private CollectiveException lost(Peer peer, long lastHeardNanos, IOException cause) {
    if (later != null) {
      return later;
    }
    if (cause instanceof DamagedStreamException) {
      String detail = "sent bytes that do not verify: " + cause.getMessage();
      return witness.saw(Fault.Kind.CORRUPT, peer, lastHeardNanos, detail, cause);
    }
    if (cause instanceof RejectedStreamException) {
      // What the neighbour reports, too.
      String detail =
          "sent bytes that do not verify, says rank " + peer.rank() + ": " + cause.getMessage();
      return witness.saw(Fault.Kind.CORRUPT, link.self(), lastHeardNanos, detail, cause);
    }
    String detail = "was lost: " + cause.getMessage();
    return witness.saw(Fault.Kind.PEER_LOST, peer, lastHeardNanos, detail, cause);
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
    if (!incoming.done()
        && (now - incoming.lastHeardNanos() >= progressNanos
            || now - incoming.lastDataNanos() >= MAX_TIMEOUTS_WITHOUT_DATA * progressNanos)) {
      throw silent(link.left(), incoming.lastDataNanos(), "sent nothing");
    }
    if (outgoing.blocked() && !outgoing.done() && now - outgoing.lastSentNanos() >= progressNanos) {
      throw silent(link.right(), outgoing.lastSentNanos(), "took nothing");
    }
  }

  private CollectiveException silent(Peer peer, long lastHeardNanos, String detail) {
    String limit = " (the limit is " + options.progressTimeout().toMillis() + " ms)";
    return later != null
        ? later
        : witness.saw(Fault.Kind.PEER_SILENT, peer, lastHeardNanos, detail + limit);
  }

  /** Also to a neighbour that has all of this sum: it may be waiting in the next one already. */
  private void giveSignOfLife(long now) {
    long due = progressNanos / SIGNS_PER_TIMEOUT;
    boolean waiting =
        rightEnded == null && !incoming.done() && now - incoming.lastDataNanos() >= due;
    if (waiting && now - lastSignNanos >= due) {
      lastSignNanos = now;
      outgoing.signOfLife();
    }
  }

  private void sleep() {
    Link.Interest interest =
        !outgoing.blocked()
            ? Link.Interest.RECEIVE
            : incoming.done() ? Link.Interest.SEND : Link.Interest.RECEIVE_AND_SEND;
    try {
      link.await(interest, Math.min(POLL_NANOS, progressNanos / (2 * SIGNS_PER_TIMEOUT)));
    } catch (IOException e) {
      throw new UncheckedIOException("waiting for the neighbours", e);
    }
  }

  /** From here on the group is broken: tells who does not know yet, and closes the link. */
  private void fail(CollectiveException failure) {
    broken = failure;
    boolean interrupted = Thread.interrupted();
    try {
      announce(FaultCodec.abortFrame(options.attempt(), failure.fault()), failure);
      link.close();
    } catch (IOException | RuntimeException cleanup) {
      failure.addSuppressed(cleanup);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void announce(ByteBuffer abort, CollectiveException failure) {
    if (!leftKnows) {
      leftKnows = true;
      try {
        // Nothing else ever goes this way, so there is room for it.
        ByteBuffer toLeft = abort.duplicate();
        int taken = link.sendBack(toLeft);
        while (taken > 0 && toLeft.hasRemaining()) {
          taken = link.sendBack(toLeft);
        }
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
    if (!rightKnows) {
      rightKnows = true;
      try {
        // Whoever is silent does not listen either.
        boolean silent = failure instanceof CollectiveException.PeerSilent;
        long patience = silent && failure.rank() == link.right().rank() ? 0 : ABORT_NANOS;
        if (sent(patience)) {
          outgoing.abort(abort);
          sent(patience);
        }
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }

  /**
   * Finishes the message under way, if the right neighbour takes it quickly. Returns whether it
   * did.
   */
  private boolean sent(long patienceNanos) throws IOException {
    long end = witness.now() + patienceNanos;
    boolean moved = outgoing.flush();
    while (outgoing.blocked() && witness.now() - end < 0) {
      if (!moved) {
        link.await(Link.Interest.SEND, ABORT_NANOS / 10);
      }
      moved = outgoing.flush();
    }
    return !outgoing.blocked();
  }
}
