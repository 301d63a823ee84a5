/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import io.cairn.collective.DamagedStreamException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One direction of shared memory: a ring of bytes with one writer and one reader, in two processes.
 *
 * <p>Writer and reader have a position each, counted in bytes from the start and never wrapped. The
 * reader may read up to the writer's position. The writer may write up to the reader's position
 * plus the capacity. Each side keeps its own position to itself, and publishes it with release
 * semantics after the bytes have been copied. It reads the other's with acquire semantics, and
 * checks it before it is used, since the other process may be broken. No position makes either side
 * leave the ring.
 *
 * <p>A side that wants to sleep says so in a flag of its own and then looks once more. The other
 * side publishes its position and then looks at the flag. Both have a full fence between the two
 * steps, so at least one of them sees what the other did. Positions and flags lie on cache lines of
 * their own, and away from the lines that the processor prefetches with those.
 *
 * <p>As long as both sides move multiples of eight bytes, every position is a multiple of eight.
 *
 * <p>Belongs to one {@link MemoryWire}, which owns the memory.
 *
 * <p>Threading: one thread at a time in each process.
 */
abstract sealed class SpscByteRing {

  /** Bytes of positions and flags before the ring itself. */
  static final int CONTROL_BYTES = 512;

  /**
   * Where in the mapping a ring lies.
   *
   * @param controlBytes where its positions and flags start, zero at first
   * @param ringBytes where its bytes start
   * @param capacity how many they are, a power of two
   */
  record Place(int controlBytes, int ringBytes, int capacity) {

    Place {
      if (Integer.bitCount(capacity) != 1 || capacity < Long.BYTES) {
        throw new IllegalArgumentException("a ring's capacity is a power of two, not " + capacity);
      }
    }
  }

  /**
   * Where a side's position and flag lie, from the start of the control bytes.
   *
   * @param position how far the side has come
   * @param flag whether it sleeps
   */
  private record Side(int position, int flag) {

    static final Side WRITER = new Side(0, 384);
    static final Side READER = new Side(128, 256);
  }

  private static final int AWAKE = 0;
  private static final int ASLEEP = 1;

  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INTS =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final ByteBuffer memory;
  private final Place place;
  private final Side ownSide;
  private final Side othersSide;

  /** How far this side has come. */
  long own;

  /** How far the other side had come when it was last looked at. */
  long others;

  private boolean asleep;

  private SpscByteRing(ByteBuffer memory, Place place, Side own, Side others) {
    this.memory = memory;
    this.place = place;
    this.ownSide = own;
    this.othersSide = others;
  }

  private int position(Side side) {
    return place.controlBytes() + side.position();
  }

  private int flag(Side side) {
    return place.controlBytes() + side.flag();
  }

  final int capacity() {
    return place.capacity();
  }

  /** What the other side has published, checked. */
  final long look() throws DamagedStreamException {
    long seen = (long) LONGS.getAcquire(memory, position(othersSide));
    if (seen < others || !possible(seen)) {
      throw new DamagedStreamException(
          "its position in shared memory went from " + others + " to " + seen, null);
    }
    others = seen;
    return seen;
  }

  /** Whether the other side can stand there. */
  abstract boolean possible(long position);

  /** Whether there is something for this side to do. */
  abstract boolean ready() throws DamagedStreamException;

  final void publish(long position) {
    own = position;
    LONGS.setRelease(memory, position(ownSide), position);
  }

  /** Says that this side sleeps, unless there is something to do. Returns whether there is. */
  final boolean readyOrAsleep() throws DamagedStreamException {
    if (ready()) {
      return true;
    }
    asleep = true;
    INTS.setOpaque(memory, flag(ownSide), ASLEEP);
    VarHandle.fullFence();
    return ready();
  }

  final void awake() {
    if (asleep) {
      asleep = false;
      INTS.setOpaque(memory, flag(ownSide), AWAKE);
    }
  }

  /** Whether the other side sleeps and is now to be woken: true once a sleep. */
  final boolean mustWake() {
    VarHandle.fullFence();
    return (int) INTS.getOpaque(memory, flag(othersSide)) != AWAKE
        && (int) INTS.getAndSet(memory, flag(othersSide), AWAKE) != AWAKE;
  }

  /** The bytes from {@code position} to the end of the ring, or as many as wanted. */
  final ByteBuffer piece(long position, int mostBytes) {
    int at = (int) (position & (capacity() - 1));
    return memory.slice(place.ringBytes() + at, Math.min(mostBytes, capacity() - at));
  }

  /** The side that reads. */
  static final class Reader extends SpscByteRing {

    /**
     * @param memory all of the mapping
     */
    Reader(ByteBuffer memory, Place place) {
      super(memory, place, Side.READER, Side.WRITER);
    }

    @Override
    boolean possible(long position) {
      return position - own >= 0 && position - own <= capacity();
    }

    @Override
    boolean ready() throws DamagedStreamException {
      return others != own || look() != own;
    }

    /**
     * What can be read, up to the end of the ring, where it lies. The other process can still
     * change it.
     *
     * @return empty if there is nothing
     */
    ByteBuffer peek(int mostBytes) throws DamagedStreamException {
      long there = others - own;
      if (there < mostBytes) {
        there = look() - own;
      }
      return piece(own, (int) Math.min(there, mostBytes));
    }

    /** Gives room back. Returns whether the writer is to be woken. */
    boolean taken(int bytes) {
      if (bytes > others - own) {
        throw new IllegalArgumentException("took " + bytes + " of " + (others - own) + " bytes");
      }
      publish(own + bytes);
      // A writer that was woken for every few bytes would write as few. An empty ring wakes it.
      boolean muchRoom = others - own <= capacity() / 2;
      return muchRoom && mustWake();
    }
  }

  /** The side that writes. */
  static final class Writer extends SpscByteRing {

    /**
     * @param memory all of the mapping
     */
    Writer(ByteBuffer memory, Place place) {
      super(memory, place, Side.WRITER, Side.READER);
    }

    @Override
    boolean possible(long position) {
      return position <= own;
    }

    @Override
    boolean ready() throws DamagedStreamException {
      return own - others < capacity() || own - look() < capacity();
    }

    /**
     * Room up to the end of the ring, to be written to.
     *
     * @return empty if there is none
     */
    ByteBuffer room(int mostBytes) throws DamagedStreamException {
      long free = capacity() - (own - others);
      if (free < mostBytes) {
        free = capacity() - (own - look());
      }
      return piece(own, (int) Math.min(free, mostBytes));
    }

    /** Passes on what has been written. Returns whether the reader is to be woken. */
    boolean written(int bytes) {
      publish(own + bytes);
      return mustWake();
    }
  }
}
