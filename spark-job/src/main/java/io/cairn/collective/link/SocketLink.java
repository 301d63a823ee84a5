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
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A connection from each source and one to each target. The way back uses the other direction of
 * the same connection.
 *
 * <p>Owns all wires and its selector; closing closes them. Some may be missing when a rendezvous
 * failed halfway and only the failure is to be told.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>A failing call means that this connection is gone.
 */
final class SocketLink implements Link {

  private final Peer self;
  private final List<Peer> sources;
  private final List<Peer> targets;
  private final List<Optional<Wire>> fromSources;
  private final List<Optional<Wire>> toTargets;
  private final BitSet endedTargets = new BitSet();
  private final Selector selector;

  /**
   * Takes over the wires, which are established.
   *
   * @param from the sources' by rank
   * @param to the targets' by rank
   */
  SocketLink(RingMembership membership, Map<Integer, Wire> from, Map<Integer, Wire> to)
      throws IOException {
    this.self = peer(membership.self());
    this.sources = membership.sources().stream().map(SocketLink::peer).toList();
    this.targets = membership.targets().stream().map(SocketLink::peer).toList();
    this.fromSources =
        sources.stream().map(source -> Optional.ofNullable(from.get(source.rank()))).toList();
    this.toTargets =
        targets.stream().map(target -> Optional.ofNullable(to.get(target.rank()))).toList();
    this.selector = Selector.open();
    for (Wire wire : from.values()) {
      wire.channel().register(selector, 0);
    }
    for (Wire wire : to.values()) {
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
  public List<Peer> sources() {
    return sources;
  }

  @Override
  public List<Peer> targets() {
    return targets;
  }

  @Override
  public int receive(int source, ByteBuffer into) throws IOException {
    return wire(fromSources.get(source)).read(into);
  }

  @Override
  public long send(int target, ByteBuffer... from) throws IOException {
    return wire(toTargets.get(target)).write(from);
  }

  @Override
  public int receiveBack(int target, ByteBuffer into) throws IOException {
    boolean ended = true;
    try {
      int count = wire(toTargets.get(target)).read(into);
      ended = count == ENDED;
      return count;
    } finally {
      if (ended) {
        endedTargets.set(target);
      }
    }
  }

  @Override
  public int sendBack(int source, ByteBuffer from) throws IOException {
    return Math.toIntExact(wire(fromSources.get(source)).write(from));
  }

  private static Wire wire(Optional<Wire> side) throws ClosedChannelException {
    return side.orElseThrow(ClosedChannelException::new);
  }

  @Override
  public void await(BitSet reading, BitSet writing, long timeoutNanos) throws IOException {
    for (int i = 0; i < fromSources.size(); i++) {
      if (reading.get(i) && hasInput(fromSources.get(i))) {
        return;
      }
    }
    for (int i = 0; i < toTargets.size(); i++) {
      if (!endedTargets.get(i) && hasInput(toTargets.get(i))) {
        return;
      }
    }
    for (int i = 0; i < fromSources.size(); i++) {
      watch(fromSources.get(i), reading.get(i) ? SelectionKey.OP_READ : 0);
    }
    for (int i = 0; i < toTargets.size(); i++) {
      int news = endedTargets.get(i) ? 0 : SelectionKey.OP_READ;
      watch(toTargets.get(i), news | (writing.get(i) ? SelectionKey.OP_WRITE : 0));
    }
    selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
    selector.selectedKeys().clear();
  }

  private static boolean hasInput(Optional<Wire> wire) {
    return wire.isPresent() && wire.get().hasInput();
  }

  private void watch(Optional<Wire> wire, int operations) {
    if (wire.isPresent()) {
      SelectionKey key = wire.get().channel().keyFor(selector);
      if (key.isValid() && key.interestOps() != operations) {
        key.interestOps(operations);
      }
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    List<Optional<Wire>> all = new ArrayList<>(toTargets);
    all.addAll(fromSources);
    for (Optional<Wire> wire : all) {
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
