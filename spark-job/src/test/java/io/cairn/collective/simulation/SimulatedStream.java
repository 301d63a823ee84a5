/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Link;
import io.cairn.collective.RejectedStreamException;
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
 * schedule says so. A protected stream notices when what is due is missing, or is not what was
 * given, as TLS does.
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
  private final boolean isProtected;
  private final List<byte[]> history = new ArrayList<>();
  private final Deque<Piece> pieces = new ArrayDeque<>();
  private Piece heldBack;
  private int numbered;
  private int due;
  private int unread;
  private long lastArrivalNanos;
  private State state = State.OPEN;
  private boolean rejecting;
  private boolean endSeen;
  private long abandonedNanos = Long.MAX_VALUE;

  private enum State {
    OPEN,
    ENDED,
    BROKEN
  }

  /**
   * Bytes that arrive together.
   *
   * @param arrivalNanos set once it is on its way
   * @param number in the order in which pieces were given, or that of none
   */
  private record Piece(long arrivalNanos, int number, ByteBuffer bytes) {

    private static final int FORGED = -1;

    static Piece of(int number, byte[] bytes) {
      return new Piece(0, number, ByteBuffer.wrap(bytes));
    }

    Piece arrivingAt(long nanos) {
      return new Piece(nanos, number, bytes.duplicate());
    }
  }

  /**
   * A stream.
   *
   * @param tamperings by the number of the piece
   * @param witness told when something is done to a piece
   * @param capacity bytes that are taken before any is read
   * @param isProtected whether it notices by itself what is done to a piece
   */
  SimulatedStream(
      Baton baton,
      Random random,
      Conditions conditions,
      Map<Integer, Injection.OnStream> tamperings,
      Consumer<Injection> witness,
      int capacity,
      boolean isProtected) {
    this.baton = baton;
    this.random = random;
    this.conditions = conditions;
    this.tamperings = tamperings;
    this.witness = witness;
    this.capacity = capacity;
    this.isProtected = isProtected;
  }

  boolean isProtected() {
    return isProtected;
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
    Piece piece = Piece.of(numbered++, bytes);
    if (tampering == null) {
      enqueue(piece);
    } else {
      witness.accept(tampering);
      tamper(tampering.tampering(), piece, connection);
    }
    return bytes.length;
  }

  /** These were sent on another connection, and arrive on this one. */
  void mislead(List<byte[]> older) {
    older.forEach(bytes -> enqueue(Piece.of(Piece.FORGED, bytes)));
  }

  private void tamper(Tampering tampering, Piece piece, SimulatedConnection connection) {
    switch (tampering) {
      case DROP -> {}
      case DUPLICATE -> {
        enqueue(piece);
        enqueue(piece);
      }
      case SWAP -> heldBack = piece;
      case FLIP -> {
        byte[] changed = piece.bytes().array().clone();
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        enqueue(Piece.of(Piece.FORGED, changed));
      }
      case REPLAY -> {
        enqueue(Piece.of(Piece.FORGED, history.get(random.nextInt(history.size()))));
        enqueue(piece);
      }
      case CUT -> {
        enqueue(piece);
        connection.end();
      }
      case RESET -> connection.reset();
    }
  }

  private void enqueue(Piece piece) {
    lastArrivalNanos = Math.max(lastArrivalNanos, baton.now() + conditions.latency(random));
    baton.changesAt(lastArrivalNanos);
    pieces.add(piece.arrivingAt(lastArrivalNanos));
    unread += piece.bytes().remaining();
    if (heldBack != null) {
      Piece late = heldBack;
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
      if (rejecting) {
        throw new RejectedStreamException("the other end read what does not verify", null);
      }
      return Link.ENDED;
    }
    int taken = 0;
    int wanted = arrived() ? amount(into.remaining()) : 0;
    while (taken < wanted && arrived()) {
      if (isProtected && pieces.getFirst().number() != due) {
        if (taken > 0) {
          break;
        }
        throw new DamagedStreamException("a piece that does not verify", null);
      }
      ByteBuffer first = pieces.getFirst().bytes();
      int count = Math.min(wanted - taken, first.remaining());
      into.put(Arrays.copyOfRange(first.array(), first.position(), first.position() + count));
      first.position(first.position() + count);
      taken += count;
      if (!first.hasRemaining()) {
        pieces.remove();
        due++;
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

  /** The same, and the last thing to arrive is that what came against it was damaged. */
  void reject() {
    if (state == State.OPEN) {
      rejecting = true;
      end();
    }
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
