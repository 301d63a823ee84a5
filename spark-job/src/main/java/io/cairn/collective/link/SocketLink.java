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
 * The link of one rank: a connection from each source and one to each target. The back-channel of a
 * stream is the other direction of its connection.
 *
 * <p>Owns all wires and its selector; closing closes them. Some wires may be missing. That is so
 * when a rendezvous failed halfway, and the link is there only to tell others of the failure.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>A call that fails means that its connection is gone.
 */
public final class SocketLink implements Link {

  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private final Peer self;
  private final List<Peer> sources;
  private final List<Peer> targets;
  private final List<Optional<Wire>> fromSources;
  private final List<Optional<Wire>> toTargets;
  private final List<Optional<Wire>> wires;
  private final int[] wanted;
  private final boolean inMemory;
  private final BitSet endedTargets = new BitSet();
  private final Selector selector;

  /**
   * Takes over the wires, which are established.
   *
   * @param from the sources' by rank
   * @param to the targets' by rank
   */
  public SocketLink(
      Peer self,
      List<Peer> sources,
      List<Peer> targets,
      Map<Integer, Wire> from,
      Map<Integer, Wire> to)
      throws IOException {
    this.self = self;
    this.sources = sources;
    this.targets = targets;
    this.fromSources =
        sources.stream().map(source -> Optional.ofNullable(from.get(source.rank()))).toList();
    this.toTargets =
        targets.stream().map(target -> Optional.ofNullable(to.get(target.rank()))).toList();
    this.wires = new ArrayList<>(fromSources);
    this.wires.addAll(toTargets);
    this.wanted = new int[wires.size()];
    this.inMemory = wires.stream().allMatch(wire -> wire.isPresent() && wire.get().isMemory());
    this.selector = Selector.open();
    for (Wire wire : from.values()) {
      wire.channel().register(selector, 0);
    }
    for (Wire wire : to.values()) {
      wire.channel().register(selector, 0);
    }
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
  public boolean isProtectedFrom(int source) {
    return isProtected(fromSources.get(source));
  }

  @Override
  public boolean isProtectedTo(int target) {
    return isProtected(toTargets.get(target));
  }

  /** Over one that is missing nothing passes. */
  private static boolean isProtected(Optional<Wire> wire) {
    return wire.map(Wire::isProtected).orElse(false);
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
      wanted[i] = reading.get(i) ? SelectionKey.OP_READ : 0;
    }
    for (int i = 0; i < toTargets.size(); i++) {
      int back = endedTargets.get(i) ? 0 : SelectionKey.OP_READ;
      wanted[fromSources.size() + i] = back | (writing.get(i) ? SelectionKey.OP_WRITE : 0);
    }
    if (isReadySoon() || isReadyOrWatched()) {
      return;
    }
    selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
    selector.selectedKeys().clear();
  }

  /**
   * Ranks in memory are often done within microseconds, while waking a sleeping one takes dozens:
   * so this rank looks for a while, letting others run, before it sleeps.
   */
  @SuppressWarnings("ThreadPriorityCheck") // A hint for speed, nothing relies on it.
  private boolean isReadySoon() throws IOException {
    if (!inMemory) {
      return false;
    }
    long start = System.nanoTime();
    do {
      for (int i = 0; i < wires.size(); i++) {
        Optional<Wire> wire = wires.get(i);
        if (wanted[i] != 0 && wire.isPresent() && wire.get().ready(wanted[i])) {
          return true;
        }
      }
      Thread.yield();
    } while (System.nanoTime() - start < LOOK_NANOS);
    return false;
  }

  private boolean isReadyOrWatched() throws IOException {
    for (int i = 0; i < wires.size(); i++) {
      Optional<Wire> side = wires.get(i);
      if (side.isPresent()) {
        Wire wire = side.get();
        if (wanted[i] != 0 && wire.readyOrWatched(wanted[i])) {
          return true;
        }
        watch(wire, wire.interest(wanted[i]));
      }
    }
    return false;
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
