/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import io.cairn.collective.AllReduce;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.Fault;
import io.cairn.collective.Peer;
import io.cairn.collective.RingAllReduce;
import io.cairn.collective.RingOptions;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * One rank's rendezvous: dials the right neighbour until it answers, and listens until the left one
 * has called, both at once.
 *
 * <p>Made and closed by {@link RingEndpoint}; the listening channel is the endpoint's. Both
 * connections pass to the group once they are there.
 *
 * <p>Threading: one thread.
 *
 * <p>A failure names the neighbour that is missing; the one that is connected is told.
 */
final class RingConnector implements AutoCloseable {

  private static final long POLL_MILLIS = 100;

  private final RingMembership membership;
  private final long startedNanos = System.nanoTime();
  private final Selector selector;
  private final RightDialer dialer;
  private final LeftListener listener;
  private MemoryAgreement toRight;
  private MemoryAgreement fromLeft;

  RingConnector(ServerSocketChannel server, RingMembership membership, Wires wires)
      throws IOException {
    this.membership = membership;
    this.selector = Selector.open();
    try {
      this.dialer = new RightDialer(membership, wires, selector);
      this.listener = new LeftListener(server, membership, wires, selector);
    } catch (IOException | RuntimeException e) {
      selector.close();
      throw e;
    }
  }

  AllReduce connect() throws IOException {
    long deadlineNanos = startedNanos + membership.connectTimeout().toNanos();
    try {
      while (!dialer.connected() || !listener.connected()) {
        long now = System.nanoTime();
        checkCancelled();
        if (now - deadlineNanos >= 0) {
          throw missing();
        }
        dialer.dialIfDue(now);
        long untilDeadline = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - now);
        selector.select(this::ready, Math.max(1, Math.min(POLL_MILLIS, untilDeadline)));
      }
      agreeOnMemory(deadlineNanos);
    } catch (CollectiveException failure) {
      tellNeighbours(failure);
      throw failure;
    }
    return group();
  }

  /** Both neighbours are there; now those on the same host find out what they share with it. */
  private void agreeOnMemory(long deadlineNanos) throws IOException {
    Member self = membership.self();
    toRight =
        agreement(
            dialer.release().orElseThrow(),
            self,
            membership.right(),
            (wire, names) -> MemoryAgreement.offering(wire, self.share().orElseThrow(), names));
    fromLeft =
        agreement(
            listener.release().orElseThrow(),
            membership.left(),
            self,
            (wire, names) ->
                MemoryAgreement.asking(wire, membership.left().share().orElseThrow(), names));
    while (!toRight.done() || !fromLeft.done()) {
      long now = System.nanoTime();
      checkCancelled();
      if (now - deadlineNanos >= 0) {
        Member silent = toRight.done() ? membership.left() : membership.right();
        throw fault(
            Fault.Kind.PEER_SILENT,
            SocketLink.peer(silent),
            "did not say what it shares with rank " + membership.rank() + " on its host");
      }
      advance(toRight);
      advance(fromLeft);
      if (!toRight.done() || !fromLeft.done()) {
        long untilDeadline = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - now);
        selector.select(Math.max(1, Math.min(POLL_MILLIS, untilDeadline)));
        selector.selectedKeys().clear();
      }
    }
  }

  private static MemoryAgreement agreement(
      Wire wire, Member from, Member to, BiFunction<Wire, String, MemoryAgreement> sharing) {
    return from.mayShareWith(to)
        ? sharing.apply(wire, "rank " + from.rank() + " sends to rank " + to.rank())
        : MemoryAgreement.none(wire);
  }

  private void advance(MemoryAgreement agreement) {
    agreement.advance();
    SelectionKey key = agreement.connection().channel().keyFor(selector);
    if (key.isValid()) {
      key.interestOps(agreement.interest());
    }
  }

  private void ready(SelectionKey key) {
    if (key.isValid()) {
      if (key.channel() == dialer.channel()) {
        dialer.ready(key);
      } else {
        listener.ready(key);
      }
    }
  }

  private AllReduce group() throws IOException {
    Optional<Wire> left = fromLeft == null ? listener.release() : fromLeft.release();
    Optional<Wire> right = toRight == null ? dialer.release() : toRight.release();
    // A channel can be watched by several selectors; the rendezvous' own ends with it.
    selector.close();
    RingOptions options =
        new RingOptions(
            membership.attempt(),
            membership.worldSize(),
            membership.position(),
            RingOptions.DEFAULT_SEGMENT_BYTES,
            membership.progressTimeout(),
            membership.cancelled(),
            System::nanoTime);
    try {
      return new RingAllReduce(new SocketLink(membership, left, right), options);
    } catch (IOException | RuntimeException e) {
      closeIfPresent(left);
      closeIfPresent(right);
      throw e;
    }
  }

  private void tellNeighbours(CollectiveException failure) throws IOException {
    try (AllReduce partial = group()) {
      ((RingAllReduce) partial).abort(failure);
    }
  }

  private static void closeIfPresent(Optional<Wire> wire) throws IOException {
    if (wire.isPresent()) {
      wire.get().close();
    }
  }

  private CollectiveException missing() {
    if (!dialer.connected()) {
      Fault.Kind kind = dialer.wasRefused() ? Fault.Kind.REFUSED : Fault.Kind.PEER_SILENT;
      return fault(kind, SocketLink.peer(membership.right()), dialer.problem());
    }
    String absent =
        "did not connect to rank "
            + membership.rank()
            + " at "
            + SocketLink.peer(membership.self()).address();
    Optional<String> impostor = listener.impostor();
    return fault(
        impostor.isPresent() ? Fault.Kind.REFUSED : Fault.Kind.PEER_SILENT,
        SocketLink.peer(membership.left()),
        absent + impostor.map(why -> ", but somebody on its host did: " + why).orElse(""));
  }

  private void checkCancelled() {
    if (Thread.currentThread().isInterrupted()) {
      throw fault(Fault.Kind.CANCELLED, SocketLink.peer(membership.self()), "was interrupted");
    }
    if (membership.cancelled().getAsBoolean()) {
      throw fault(Fault.Kind.CANCELLED, SocketLink.peer(membership.self()), "was cancelled");
    }
  }

  private CollectiveException fault(Fault.Kind kind, Peer peer, String detail) {
    Duration waited = Duration.ofNanos(System.nanoTime() - startedNanos);
    return new Fault(
            kind,
            peer.rank(),
            peer.address(),
            Fault.CONNECTING,
            Fault.CONNECTING_PHASE,
            0,
            waited,
            membership.rank(),
            detail)
        .noticed();
  }

  @Override
  public void close() throws IOException {
    try {
      if (toRight != null) {
        toRight.close();
      }
      if (fromLeft != null) {
        fromLeft.close();
      }
      dialer.close();
    } finally {
      listener.close();
      selector.close();
    }
  }
}
