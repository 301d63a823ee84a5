/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.Link;
import io.cairn.collective.link.StrangerException;
import io.cairn.collective.link.Wire;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Waits until all sources of this rank have called. Others may call too: an older attempt, a port
 * scanner, a health check. They are turned away and do not disturb the rest, and the log has one
 * line for each host and reason. A caller that does not say who it is within a time, or before too
 * many others have called, is turned away too.
 *
 * <p>Owns the accepted wires until they are released. The listening channel is the endpoint's.
 *
 * <p>Threading: one thread.
 *
 * <p>Fails only if the listening channel itself does.
 */
final class CallListener implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(CallListener.class.getName());
  private static final int MAX_CALLERS = 64;
  private static final int MAX_REASONS_LOGGED = 256;

  /** A source that takes longer calls again. */
  private static final long MAX_HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final RingMembership membership;
  private final ServerSocketChannel server;
  private final Wires wires;
  private final Selector selector;
  private final Deque<Caller> callers = new ArrayDeque<>();
  private final Set<String> logged = new HashSet<>();
  private final Map<Integer, Wire> connected = new HashMap<>();
  private final Map<String, String> impostors = new HashMap<>();

  /** A connection whose other end is not known yet. */
  private record Caller(Wire wire, String address, ByteBuffer hello, long acceptedNanos) {}

  CallListener(
      ServerSocketChannel server, RingMembership membership, Wires wires, Selector selector)
      throws IOException {
    this.server = server;
    this.membership = membership;
    this.wires = wires;
    this.selector = selector;
    server.register(selector, SelectionKey.OP_ACCEPT);
  }

  /** The sources that have not called yet. */
  List<Member> missing() {
    return membership.sources().stream()
        .filter(source -> !connected.containsKey(source.rank()))
        .toList();
  }

  /** Who called from the host of {@code source} and did not prove to be it, if anybody did. */
  Optional<String> impostor(Member source) {
    return source.address().isUnresolved()
        ? Optional.empty()
        : Optional.ofNullable(impostors.get(source.address().getAddress().getHostAddress()));
  }

  /** Gives up on callers that take too long to say who they are. */
  void turnAwaySlow(long nowNanos) {
    while (!callers.isEmpty()
        && nowNanos - callers.getFirst().acceptedNanos() >= MAX_HANDSHAKE_NANOS) {
      turnAway(callers.getFirst(), "it did not say in time who it is");
    }
  }

  /** Goes on with whatever {@code key} is ready for. */
  void ready(SelectionKey key) {
    if (key.attachment() instanceof Caller caller) {
      listen(caller, key);
    } else if (key.isAcceptable()) {
      accept();
    }
  }

  private void accept() {
    try {
      SocketChannel channel = server.accept();
      if (channel == null) {
        return;
      }
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      InetSocketAddress address = (InetSocketAddress) channel.getRemoteAddress();
      String host = address == null ? "unknown" : address.getAddress().getHostAddress();
      Wire wire = wires.from(channel);
      Caller caller =
          new Caller(wire, host, ByteBuffer.allocate(Handshake.BYTES), System.nanoTime());
      channel.register(selector, SelectionKey.OP_READ, caller);
      callers.addLast(caller);
      if (callers.size() > MAX_CALLERS) {
        turnAway(callers.getFirst(), "it said nothing and others are waiting");
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a caller was gone before it was accepted", e);
    }
  }

  private void listen(Caller caller, SelectionKey key) {
    try {
      int count = caller.wire().read(caller.hello());
      key.interestOps(caller.wire().interest(SelectionKey.OP_READ));
      if (!Handshake.plausible(caller.hello())) {
        turnAway(caller, "it does not speak this protocol");
      } else if (count == Link.ENDED) {
        turnAway(caller, "it hung up before saying who it is");
      } else if (!caller.hello().hasRemaining()) {
        answer(caller);
      }
    } catch (StrangerException e) {
      suspect(caller, e);
      turnAway(caller, e.getMessage(), e.particulars());
    } catch (IOException e) {
      turnAway(caller, "its connection broke: " + e.getMessage());
    }
  }

  private void answer(Caller caller) throws IOException {
    Optional<Handshake> hello = Handshake.decode(caller.hello().flip());
    if (hello.isEmpty() || hello.get().verdict() != Handshake.Verdict.HELLO) {
      turnAway(caller, "it speaks another version of the protocol");
      return;
    }
    int peer = hello.get().from();
    Optional<String> mismatch = mismatch(caller.wire(), hello.get());
    if (mismatch.isPresent()) {
      // A new connection has room for these few bytes; a caller that does not take them learns
      // nothing.
      caller.wire().write(Handshake.of(Handshake.Verdict.REFUSED, membership, peer).encode());
      turnAway(caller, mismatch.get());
      return;
    }
    caller.wire().write(Handshake.of(Handshake.Verdict.WELCOME, membership, peer).encode());
    caller.wire().channel().keyFor(selector).interestOps(0);
    callers.remove(caller);
    Wire before = connected.put(peer, caller.wire());
    if (before != null) {
      before.close();
    }
  }

  /** The certificate says which of the sources it is; the caller must say the same. */
  private Optional<String> mismatch(Wire wire, Handshake hello) throws IOException {
    Optional<String> mismatch = hello.mismatch(membership, membership.sources());
    if (mismatch.isEmpty()
        && !membership.members().get(hello.from()).certificate().equals(wire.certificate())) {
      return Optional.of(
          "it says that it is rank " + hello.from() + " and shows another's certificate");
    }
    return mismatch;
  }

  private void suspect(Caller caller, StrangerException stranger) {
    if (stranger.reason() == StrangerException.Reason.CERTIFICATE
        && impostors.size() < MAX_REASONS_LOGGED) {
      impostors.put(caller.address(), stranger.particulars());
    }
  }

  private void turnAway(Caller caller, String why) {
    turnAway(caller, why, why);
  }

  private void turnAway(Caller caller, String why, String particulars) {
    callers.remove(caller);
    if (logged.size() < MAX_REASONS_LOGGED && logged.add(caller.address() + " " + why)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "rank {0} turned away a connection from {1}: {2}",
          membership.rank(),
          caller.address(),
          particulars);
    }
    closeQuietly(caller.wire());
  }

  private static void closeQuietly(Wire wire) {
    try {
      wire.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing a connection that was turned away", e);
    }
  }

  /** The sources' connections by rank; ownership passes. */
  Map<Integer, Wire> release() {
    Map<Integer, Wire> released = Map.copyOf(connected);
    connected.clear();
    return released;
  }

  @Override
  public void close() {
    callers.forEach(caller -> closeQuietly(caller.wire()));
    callers.clear();
    connected.values().forEach(CallListener::closeQuietly);
    connected.clear();
  }
}
