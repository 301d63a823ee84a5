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
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The ring's neighbours over two connections. The way back uses the other direction of the same
 * connection.
 *
 * <p>Owns both wires and its selector; closing closes all three. A side may be missing when a
 * rendezvous failed halfway and only the failure is to be told.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>A failing call means that this neighbour's connection is gone.
 */
final class SocketLink implements Link {

  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private final Peer self;
  private final Peer left;
  private final Peer right;
  private final Optional<Wire> fromLeft;
  private final Optional<Wire> toRight;
  private final Selector selector;
  private final boolean inMemory;
  private boolean leftEnded;
  private boolean rightEnded;

  /** Takes over both wires, which are established. */
  SocketLink(RingMembership membership, Optional<Wire> fromLeft, Optional<Wire> toRight)
      throws IOException {
    this.self = peer(membership.self());
    this.left = peer(membership.left());
    this.right = peer(membership.right());
    this.fromLeft = fromLeft;
    this.toRight = toRight;
    this.inMemory = inMemory(fromLeft) && inMemory(toRight);
    this.selector = Selector.open();
    if (fromLeft.isPresent()) {
      fromLeft.get().channel().register(selector, 0);
    }
    if (toRight.isPresent()) {
      toRight.get().channel().register(selector, 0);
    }
  }

  private static boolean inMemory(Optional<Wire> wire) {
    return wire.isPresent() && wire.get() instanceof MemoryWire;
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
  public Peer left() {
    return left;
  }

  @Override
  public Peer right() {
    return right;
  }

  @Override
  public int receive(ByteBuffer into) throws IOException {
    int count = wire(fromLeft).read(into);
    leftEnded |= count == ENDED;
    return count;
  }

  @Override
  public long send(ByteBuffer[] from) throws IOException {
    return wire(toRight).write(from);
  }

  @Override
  public int receiveBack(ByteBuffer into) throws IOException {
    boolean ended = true;
    try {
      int count = wire(toRight).read(into);
      ended = count == ENDED;
      return count;
    } finally {
      rightEnded |= ended;
    }
  }

  @Override
  public int sendBack(ByteBuffer from) throws IOException {
    return Math.toIntExact(wire(fromLeft).write(from));
  }

  @Override
  public void await(Interest interest, long timeoutNanos) throws IOException {
    boolean send = interest != Interest.RECEIVE;
    boolean receive = interest != Interest.SEND && !leftEnded;
    int leftWanted = receive ? SelectionKey.OP_READ : 0;
    int rightWanted = (send ? SelectionKey.OP_WRITE : 0) | (rightEnded ? 0 : SelectionKey.OP_READ);
    if (readySoon(leftWanted, rightWanted)) {
      return;
    }
    if (readyOrWatched(fromLeft, leftWanted) || readyOrWatched(toRight, rightWanted)) {
      return;
    }
    selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
    selector.selectedKeys().clear();
  }

  /**
   * Neighbours in memory are often done within microseconds, while waking a sleeping one takes
   * dozens: so this rank looks for a while, letting others run, before it sleeps.
   */
  @SuppressWarnings("ThreadPriorityCheck") // A hint for speed, nothing relies on it.
  private boolean readySoon(int leftWanted, int rightWanted) throws IOException {
    if (!inMemory) {
      return false;
    }
    long start = System.nanoTime();
    do {
      if (ready(fromLeft, leftWanted) || ready(toRight, rightWanted)) {
        return true;
      }
      Thread.yield();
    } while (System.nanoTime() - start < LOOK_NANOS);
    return false;
  }

  private static boolean ready(Optional<Wire> wire, int wanted) throws IOException {
    return wanted != 0 && wire.isPresent() && wire.get().ready(wanted);
  }

  private boolean readyOrWatched(Optional<Wire> side, int wanted) throws IOException {
    if (side.isEmpty()) {
      return false;
    }
    Wire wire = side.get();
    if (wanted != 0 && wire.readyOrWatched(wanted)) {
      return true;
    }
    SelectionKey key = wire.channel().keyFor(selector);
    int operations = wire.interest(wanted);
    if (key.isValid() && key.interestOps() != operations) {
      key.interestOps(operations);
    }
    return false;
  }

  private static Wire wire(Optional<Wire> side) throws ClosedChannelException {
    return side.orElseThrow(ClosedChannelException::new);
  }

  @Override
  public void close() throws IOException {
    try {
      if (toRight.isPresent()) {
        toRight.get().close();
      }
    } finally {
      try {
        if (fromLeft.isPresent()) {
          fromLeft.get().close();
        }
      } finally {
        selector.close();
      }
    }
  }
}
