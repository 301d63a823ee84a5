/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import io.cairn.collective.Link;
import io.cairn.collective.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One connection with each partner, used both ways.
 *
 * <p>Owns all wires and its selector; closing closes them. A partner's may be missing when a
 * rendezvous failed halfway and only the failure is to be told.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>A failing call means that this partner's connection is gone.
 */
final class SocketLink implements Link {

  private final Peer self;
  private final List<Peer> partners;
  private final List<Optional<Wire>> wires;
  private final Selector selector;

  /**
   * Takes over the wires, which are established.
   *
   * @param connected by rank
   */
  SocketLink(RingMembership membership, Map<Integer, Wire> connected) throws IOException {
    this.self = peer(membership.self());
    this.partners = membership.partners().stream().map(SocketLink::peer).toList();
    this.wires =
        partners.stream()
            .map(partner -> Optional.ofNullable(connected.get(partner.rank())))
            .toList();
    this.selector = Selector.open();
    for (Wire wire : connected.values()) {
      wire.channel().register(selector, 0);
    }
  }

  static Peer peer(Member member) {
    return new Peer(
        member.rank(), member.address().getHostString() + ":" + member.address().getPort());
  }

  @Override
  public Peer self() {
    return self;
  }

  @Override
  public List<Peer> partners() {
    return partners;
  }

  @Override
  public int receive(int partner, ByteBuffer into) throws IOException {
    return wire(partner).read(into);
  }

  @Override
  public long send(int partner, ByteBuffer... from) throws IOException {
    return wire(partner).write(from);
  }

  private Wire wire(int partner) throws ClosedChannelException {
    return wires.get(partner).orElseThrow(ClosedChannelException::new);
  }

  @Override
  public void await(Interest[] interests, long timeoutNanos) throws IOException {
    for (int i = 0; i < interests.length; i++) {
      if (receives(interests[i]) && wires.get(i).isPresent() && wires.get(i).get().hasInput()) {
        return;
      }
    }
    for (int i = 0; i < interests.length; i++) {
      if (wires.get(i).isPresent()) {
        watch(wires.get(i).get(), operations(interests[i]));
      }
    }
    selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
    selector.selectedKeys().clear();
  }

  private static boolean receives(Interest interest) {
    return (operations(interest) & SelectionKey.OP_READ) != 0;
  }

  private static int operations(Interest interest) {
    return switch (interest) {
      case NONE -> 0;
      case RECEIVE -> SelectionKey.OP_READ;
      case SEND -> SelectionKey.OP_WRITE;
      case RECEIVE_AND_SEND -> SelectionKey.OP_READ | SelectionKey.OP_WRITE;
    };
  }

  private void watch(Wire wire, int operations) {
    SelectionKey key = wire.channel().keyFor(selector);
    if (key.isValid() && key.interestOps() != operations) {
      key.interestOps(operations);
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Optional<Wire> wire : wires) {
      try {
        if (wire.isPresent()) {
          wire.get().close();
        }
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    selector.close();
    if (failure != null) {
      throw failure;
    }
  }
}
