/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.Link;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Bytes on their way from one rank to another: late, in odd amounts, and tampered with where the
 * schedule says so.
 *
 * <p>Threading: whoever has the baton.
 */
final class SimulatedStream {

  private final Baton baton;
  private final Random random;
  private final Conditions conditions;
  private final Map<Integer, Injection.OnStream> tamperings;
  private final Consumer<Injection> witness;
  private final int capacity;
  private final List<byte[]> history = new ArrayList<>();
  private final Deque<Piece> pieces = new ArrayDeque<>();
  private byte[] heldBack;
  private int unread;
  private long lastArrivalNanos;
  private State state = State.OPEN;
  private boolean endSeen;
  private long abandonedNanos = Long.MAX_VALUE;

  private enum State {
    OPEN,
    ENDED,
    BROKEN
  }

  /** Bytes that arrive together. */
  private record Piece(long arrivalNanos, ByteBuffer bytes) {}

  /**
   * A stream.
   *
   * @param tamperings by the number of the piece
   * @param witness told when something is done to a piece
   * @param capacity bytes that are taken before any is read
   */
  SimulatedStream(
      Baton baton,
      Random random,
      Conditions conditions,
      Map<Integer, Injection.OnStream> tamperings,
      Consumer<Injection> witness,
      int capacity) {
    this.baton = baton;
    this.random = random;
    this.conditions = conditions;
    this.tamperings = tamperings;
    this.witness = witness;
    this.capacity = capacity;
  }

  /** How many pieces were given. */
  int pieces() {
    return history.size();
  }

  /** The pieces that were given, as they were. */
  List<byte[]> history() {
    return history;
  }

  boolean hasRoom() {
    return isBroken() || unread < capacity;
  }

  private boolean isBroken() {
    return state != State.OPEN || abandonedNanos <= baton.now();
  }

  /** Whether reading gives something, or the news that there will be nothing. */
  boolean isReadable() {
    return arrived() || ((state == State.BROKEN || atEnd()) && !endSeen);
  }

  private boolean arrived() {
    return !pieces.isEmpty() && pieces.getFirst().arrivalNanos() <= baton.now();
  }

  private boolean atEnd() {
    return state == State.ENDED && pieces.isEmpty() && lastArrivalNanos <= baton.now();
  }

  /** Takes as much as there is room for, or less, as one piece. */
  long give(ByteBuffer[] from, SimulatedConnection connection) throws IOException {
    if (isBroken()) {
      throw new IOException("Broken pipe");
    }
    int offered = 0;
    for (ByteBuffer buffer : from) {
      offered += buffer.remaining();
    }
    byte[] bytes = new byte[amount(Math.min(offered, Math.max(0, capacity - unread)))];
    if (bytes.length == 0) {
      return 0;
    }
    int filled = 0;
    for (ByteBuffer buffer : from) {
      int count = Math.min(buffer.remaining(), bytes.length - filled);
      buffer.get(bytes, filled, count);
      filled += count;
    }
    if (abandonedNanos < Long.MAX_VALUE) {
      return bytes.length;
    }
    Injection.OnStream tampering = tamperings.get(history.size());
    history.add(bytes);
    if (tampering == null) {
      enqueue(bytes);
    } else {
      witness.accept(tampering);
      tamper(tampering.tampering(), bytes, connection);
    }
    return bytes.length;
  }

  /** These were sent on another connection, and arrive on this one. */
  void mislead(List<byte[]> older) {
    older.forEach(this::enqueue);
  }

  private void tamper(Tampering tampering, byte[] bytes, SimulatedConnection connection) {
    switch (tampering) {
      case DROP -> {}
      case DUPLICATE -> {
        enqueue(bytes);
        enqueue(bytes);
      }
      case SWAP -> heldBack = bytes;
      case FLIP -> {
        byte[] changed = bytes.clone();
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        enqueue(changed);
      }
      case REPLAY -> {
        enqueue(history.get(random.nextInt(history.size())));
        enqueue(bytes);
      }
      case CUT -> {
        enqueue(bytes);
        connection.end();
      }
      case RESET -> connection.reset();
    }
  }

  private void enqueue(byte[] bytes) {
    lastArrivalNanos = Math.max(lastArrivalNanos, baton.now() + conditions.latency(random));
    baton.changesAt(lastArrivalNanos);
    pieces.add(new Piece(lastArrivalNanos, ByteBuffer.wrap(bytes)));
    unread += bytes.length;
    if (heldBack != null) {
      byte[] late = heldBack;
      heldBack = null;
      enqueue(late);
    }
  }

  private int amount(int most) {
    return conditions.wholePieces() || most == 0 ? most : 1 + random.nextInt(most);
  }

  /** Gives what has arrived, or some of it. */
  int take(ByteBuffer into) throws IOException {
    if (state == State.BROKEN) {
      endSeen = true;
      throw new IOException("Connection reset");
    }
    if (atEnd()) {
      endSeen = true;
      return Link.ENDED;
    }
    int taken = 0;
    int wanted = arrived() ? amount(into.remaining()) : 0;
    while (taken < wanted && arrived()) {
      ByteBuffer first = pieces.getFirst().bytes();
      int count = Math.min(wanted - taken, first.remaining());
      into.put(Arrays.copyOfRange(first.array(), first.position(), first.position() + count));
      first.position(first.position() + count);
      taken += count;
      if (!first.hasRemaining()) {
        pieces.remove();
      }
    }
    unread -= taken;
    return taken;
  }

  /** Nothing more is given; what is on its way arrives. Returns when the news of it does. */
  long end() {
    if (state == State.OPEN) {
      state = State.ENDED;
      lastArrivalNanos = Math.max(lastArrivalNanos, baton.now() + conditions.latency(random));
      baton.changesAt(lastArrivalNanos);
    }
    return lastArrivalNanos;
  }

  /** Nobody reads any more, which whoever gives learns at that time. */
  void abandon(long nanos) {
    if (abandonedNanos == Long.MAX_VALUE) {
      abandonedNanos = nanos;
      pieces.clear();
      unread = 0;
      baton.changesAt(nanos);
    }
  }

  /** Nothing more arrives. */
  void reset() {
    state = State.BROKEN;
    pieces.clear();
  }
}
