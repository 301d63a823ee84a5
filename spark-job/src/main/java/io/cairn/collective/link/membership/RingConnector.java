/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.AllReduce;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.Fault;
import io.cairn.collective.FaultKind;
import io.cairn.collective.Peer;
import io.cairn.collective.group.GroupAllReduce;
import io.cairn.collective.group.GroupOptions;
import io.cairn.collective.link.SocketLink;
import io.cairn.collective.link.Wire;
import io.cairn.collective.link.memory.MemoryAgreement;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Connects one rank with its sources and targets. It calls the targets until they answer, and
 * listens until the sources have called, all at the same time.
 *
 * <p>{@link RingEndpoint} makes and closes it. The listening channel is the endpoint's. The
 * connections pass to the group once they are all there.
 *
 * <p>Threading: one thread.
 *
 * <p>A failure names a rank that is missing. Ranks that are connected already are told of it.
 */
final class RingConnector implements AutoCloseable {

  private static final long POLL_MILLIS = 100;

  private final RingMembership membership;
  private final long startedNanos = System.nanoTime();
  private final Selector selector;
  private final List<Dialer> dialers;
  private final CallListener listener;
  private final HostAgreements agreements;

  RingConnector(ServerSocketChannel server, RingMembership membership, Wires wires)
      throws IOException {
    this.membership = membership;
    this.agreements = new HostAgreements(membership.self());
    this.selector = Selector.open();
    try {
      this.dialers =
          membership.targets().stream()
              .map(target -> new Dialer(membership, target, wires, selector))
              .toList();
      this.listener = new CallListener(server, membership, wires, selector);
    } catch (IOException | RuntimeException e) {
      selector.close();
      throw e;
    }
  }

  AllReduce connect() throws IOException {
    long deadlineNanos = startedNanos + membership.connectTimeout().toNanos();
    try {
      while (!isComplete()) {
        long now = System.nanoTime();
        checkCancelled();
        if (now - deadlineNanos >= 0) {
          throw missing();
        }
        dialers.forEach(dialer -> dialer.dialIfDue(now));
        listener.turnAwaySlow(now);
        long untilDeadline = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - now);
        selector.select(this::ready, Math.max(1, Math.min(POLL_MILLIS, untilDeadline)));
      }
      agreeOnMemory(deadlineNanos);
    } catch (CollectiveException failure) {
      tellOthers(failure);
      throw failure;
    }
    return group();
  }

  /** All are there; now those on the same host find out what they share with it. */
  private void agreeOnMemory(long deadlineNanos) throws IOException {
    handOver();
    agreements.open().forEach(this::advance);
    for (var open = agreements.open(); !open.isEmpty(); open = agreements.open()) {
      long now = System.nanoTime();
      checkCancelled();
      if (now - deadlineNanos >= 0) {
        throw fault(
            FaultKind.PEER_SILENT,
            agreements.other(open.get(0)).peer(),
            "did not say what it shares with rank " + membership.rank() + " on its host");
      }
      long untilDeadline = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - now);
      selector.select(Math.max(1, Math.min(POLL_MILLIS, untilDeadline)));
      selector.selectedKeys().clear();
      agreements.open().forEach(this::advance);
    }
  }

  /** Connections that are there pass to the agreements. */
  private void handOver() {
    Map<Integer, Wire> fromSources = listener.release();
    for (Member source : membership.sources()) {
      Optional.ofNullable(fromSources.get(source.rank()))
          .ifPresent(wire -> agreements.addSource(source, wire));
    }
    for (Dialer dialer : dialers) {
      dialer.release().ifPresent(wire -> agreements.addTarget(dialer.target(), wire));
    }
  }

  private void advance(MemoryAgreement agreement) {
    agreement.advance();
    SelectionKey key = agreement.connection().channel().keyFor(selector);
    if (key.isValid()) {
      key.interestOps(agreement.interest());
    }
  }

  private boolean isComplete() {
    return listener.missing().isEmpty() && dialers.stream().allMatch(Dialer::connected);
  }

  private void ready(SelectionKey key) {
    if (key.isValid()) {
      if (key.attachment() instanceof Dialer dialer) {
        dialer.ready(key);
      } else {
        listener.ready(key);
      }
    }
  }

  private GroupAllReduce group() throws IOException {
    Map<Integer, Wire> fromSources = agreements.releaseSources();
    Map<Integer, Wire> toTargets = agreements.releaseTargets();
    // A channel can be watched by several selectors; the rendezvous' own ends with it.
    selector.close();
    GroupOptions options =
        new GroupOptions(
            membership.groupId(),
            membership.worldSize(),
            membership.position(),
            GroupOptions.DEFAULT_SEGMENT_BYTES,
            membership.progressTimeout(),
            membership.choice(),
            membership.cancelled(),
            System::nanoTime);
    try {
      return new GroupAllReduce(
          new SocketLink(
              membership.self().peer(),
              membership.sources().stream().map(Member::peer).toList(),
              membership.targets().stream().map(Member::peer).toList(),
              fromSources,
              toTargets),
          options);
    } catch (IOException | RuntimeException e) {
      for (Wire wire : fromSources.values()) {
        wire.close();
      }
      for (Wire wire : toTargets.values()) {
        wire.close();
      }
      throw e;
    }
  }

  private void tellOthers(CollectiveException failure) throws IOException {
    handOver();
    try (GroupAllReduce partial = group()) {
      partial.abort(failure);
    }
  }

  /** Whoever says no or is not there explains more than one who has not called. */
  private CollectiveException missing() {
    List<Dialer> unanswered = dialers.stream().filter(dialer -> !dialer.connected()).toList();
    Optional<Dialer> first =
        unanswered.stream()
            .filter(Dialer::wasRefused)
            .findFirst()
            .or(() -> unanswered.stream().findFirst());
    return first.map(this::unanswered).orElseGet(() -> absent(listener.missing().get(0)));
  }

  private CollectiveException unanswered(Dialer dialer) {
    FaultKind kind = dialer.wasRefused() ? FaultKind.REFUSED : FaultKind.PEER_SILENT;
    return fault(kind, dialer.target().peer(), dialer.problem());
  }

  private CollectiveException absent(Member source) {
    String absent =
        "did not connect to rank "
            + membership.rank()
            + " at "
            + membership.self().peer().address();
    Optional<String> impostor = listener.impostor(source);
    return fault(
        impostor.isPresent() ? FaultKind.REFUSED : FaultKind.PEER_SILENT,
        source.peer(),
        absent + impostor.map(why -> ", but somebody on its host did: " + why).orElse(""));
  }

  private void checkCancelled() {
    if (Thread.currentThread().isInterrupted()) {
      throw fault(FaultKind.CANCELLED, membership.self().peer(), "was interrupted");
    }
    if (membership.cancelled().getAsBoolean()) {
      throw fault(FaultKind.CANCELLED, membership.self().peer(), "was cancelled");
    }
  }

  private CollectiveException fault(FaultKind kind, Peer peer, String detail) {
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
    agreements.close();
    dialers.forEach(Dialer::close);
    listener.close();
    selector.close();
  }
}
