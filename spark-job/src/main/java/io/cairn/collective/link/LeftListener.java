/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import io.cairn.collective.Link;
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
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Waits for the left neighbour to call. Whoever else calls (an older attempt, a port scanner, a
 * health check) is turned away, logged once for each host and reason, and disturbs nobody; a caller
 * that says nothing, or says it slowly, is kept waiting until the rendezvous ends, and pushed out
 * by later ones if there are many.
 *
 * <p>Owns the accepted wires until one is released; the listening channel is the endpoint's.
 * Threading: one thread.
 *
 * <p>Fails only if the listening channel itself does.
 */
final class LeftListener implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(LeftListener.class.getName());
  private static final int MAX_CALLERS = 64;
  private static final int MAX_REASONS_LOGGED = 256;

  private final RingMembership membership;
  private final ServerSocketChannel server;
  private final Wires wires;
  private final Selector selector;
  private final Deque<Caller> callers = new ArrayDeque<>();
  private final Set<String> logged = new HashSet<>();
  private Optional<Wire> left = Optional.empty();
  private Optional<String> impostor = Optional.empty();

  /** A connection whose other end is not known yet. */
  private record Caller(Wire wire, String address, ByteBuffer hello) {}

  LeftListener(
      ServerSocketChannel server, RingMembership membership, Wires wires, Selector selector)
      throws IOException {
    this.server = server;
    this.membership = membership;
    this.wires = wires;
    this.selector = selector;
    server.register(selector, SelectionKey.OP_ACCEPT);
  }

  boolean connected() {
    return left.isPresent();
  }

  /** Who called from the left neighbour's host and did not prove to be it, if anybody did. */
  Optional<String> impostor() {
    return impostor;
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
      Wire wire = wires.fromLeft(channel);
      Caller caller = new Caller(wire, host, ByteBuffer.allocate(Handshake.BYTES));
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
    int peer = membership.left().rank();
    Optional<Handshake> hello = Handshake.decode(caller.hello().flip());
    if (hello.isEmpty() || hello.get().verdict() != Handshake.Verdict.HELLO) {
      turnAway(caller, "it speaks another version of the protocol");
      return;
    }
    Optional<String> mismatch = hello.get().mismatch(membership, peer);
    if (mismatch.isPresent()) {
      // A new connection has room for these few bytes; a caller that does not take them learns
      // nothing.
      caller
          .wire()
          .write(Handshake.of(Handshake.Verdict.REFUSED, membership, hello.get().from()).encode());
      turnAway(caller, mismatch.get());
      return;
    }
    caller.wire().write(Handshake.of(Handshake.Verdict.WELCOME, membership, peer).encode());
    caller.wire().channel().keyFor(selector).interestOps(0);
    callers.remove(caller);
    if (left.isPresent()) {
      left.get().close();
    }
    left = Optional.of(caller.wire());
  }

  private void suspect(Caller caller, StrangerException stranger) {
    InetSocketAddress expected = membership.left().address();
    if (stranger.reason() == StrangerException.Reason.CERTIFICATE
        && !expected.isUnresolved()
        && caller.address().equals(expected.getAddress().getHostAddress())) {
      impostor = Optional.of(stranger.particulars());
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

  /** The left neighbour's connection, if there is one; ownership passes. */
  Optional<Wire> release() {
    Optional<Wire> released = left;
    left = Optional.empty();
    return released;
  }

  @Override
  public void close() {
    callers.forEach(caller -> closeQuietly(caller.wire()));
    callers.clear();
    left.ifPresent(LeftListener::closeQuietly);
    left = Optional.empty();
  }
}
