/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Link;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A wire between two ranks on one host. Bytes go through memory that both have mapped. Their
 * connection stays open for two things. It carries doorbells, one byte each, that wake a side that
 * sleeps. And it ends when either side is gone; what that side has written before is still read.
 *
 * <p>Owns the connection and the memory.
 *
 * <p>Threading: one thread at a time, which never touches the memory after closing.
 *
 * <p>Fails as {@link Wire} says. Positions in the memory that make no sense count as a damaged
 * stream.
 */
final class MemoryWire implements Wire {

  private static final byte DOORBELL = 0x07;

  /** The reader adds one piece while the writer copies the next. */
  private static final int PIECE_BYTES = 32 * 1024;

  /** A connection that ended is noticed this late by a side that never sleeps. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final Wire connection;
  private final SharedFile file;
  private final SpscByteRing.Reader reader;
  private final SpscByteRing.Writer writer;
  private final ByteBuffer doorbell = ByteBuffer.allocateDirect(1).put(0, DOORBELL);
  private final ByteBuffer rung = ByteBuffer.allocateDirect(64);
  private long lastLookNanos = System.nanoTime();
  private boolean lookDue;
  private boolean ended;
  private IOException broken;
  private boolean closed;

  private MemoryWire(
      Wire connection, SharedFile file, SpscByteRing.Reader reader, SpscByteRing.Writer writer) {
    this.connection = connection;
    this.file = file;
    this.reader = reader;
    this.writer = writer;
    doorbell.position(doorbell.limit());
  }

  /** The end that called, to send. Takes over both. */
  static MemoryWire calling(Wire connection, SharedFile file) {
    return new MemoryWire(connection, file, file.backReader(), file.forwardWriter());
  }

  /** The end that was called, to receive. Takes over both. */
  static MemoryWire called(Wire connection, SharedFile file) {
    return new MemoryWire(connection, file, file.forwardReader(), file.backWriter());
  }

  @Override
  public SocketChannel channel() {
    return connection.channel();
  }

  /** There is no way on which bytes could change: the sums themselves lie in such memory. */
  @Override
  public boolean isProtected() {
    return true;
  }

  @Override
  public boolean isMemory() {
    return true;
  }

  @Override
  public Optional<Fingerprint> certificate() throws IOException {
    return connection.certificate();
  }

  @Override
  public int interest(int wanted) {
    boolean nothing = wanted == 0 || ended || broken != null;
    return connection.interest(nothing ? 0 : SelectionKey.OP_READ);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    requireOpen();
    reader.awake();
    int count = take(into);
    if (count == 0 && into.hasRemaining()) {
      answerDoor();
      // What was written before the end, or while this side looked.
      count = take(into);
      if (count == 0 && broken != null) {
        throw broken;
      }
    }
    return count == 0 && ended ? Link.ENDED : count;
  }

  private int take(ByteBuffer into) throws IOException {
    int total = 0;
    while (into.hasRemaining()) {
      ByteBuffer piece = reader.peek(Math.min(PIECE_BYTES, into.remaining()));
      int count = piece.remaining();
      if (count == 0) {
        break;
      }
      into.put(piece);
      took(count);
      total += count;
    }
    return total;
  }

  private void took(int bytes) {
    if (reader.taken(bytes)) {
      ring();
    }
  }

  @Override
  public long write(ByteBuffer... from) throws IOException {
    requireOpen();
    writer.awake();
    if (broken != null) {
      throw broken;
    }
    long total = 0;
    for (ByteBuffer one : from) {
      while (one.hasRemaining()) {
        ByteBuffer room = writer.room(Math.min(PIECE_BYTES, one.remaining()));
        int count = room.remaining();
        if (count == 0) {
          answerDoor();
          return total;
        }
        room.put(one.slice(one.position(), count));
        one.position(one.position() + count);
        total += count;
        if (writer.written(count)) {
          ring();
        }
      }
    }
    return total;
  }

  /** A doorbell that the system does not take now is offered again; the neighbour has others. */
  private void ring() {
    if (!doorbell.hasRemaining()) {
      doorbell.rewind();
    }
    try {
      connection.write(doorbell);
    } catch (IOException e) {
      note(e);
    }
  }

  private void note(IOException e) {
    if (broken == null) {
      broken = e;
    }
  }

  /** Looks for doorbells and the end, if that is due: it costs a call of the system. */
  private void answerDoor() {
    long now = System.nanoTime();
    if (ended || broken != null || (!lookDue && now - lastLookNanos < LOOK_NANOS)) {
      return;
    }
    lookDue = false;
    lastLookNanos = now;
    try {
      int count = connection.read(rung.clear());
      for (int i = 0; i < count; i++) {
        if (rung.get(i) != DOORBELL) {
          throw new DamagedStreamException("what should be a doorbell is " + rung.get(i), null);
        }
      }
      ended = count == Link.ENDED;
      lookDue = count == rung.capacity();
      if (doorbell.hasRemaining()) {
        connection.write(doorbell);
      }
    } catch (IOException e) {
      note(e);
    }
  }

  @Override
  public boolean ready(int wanted) throws IOException {
    requireOpen();
    boolean read = (wanted & SelectionKey.OP_READ) != 0;
    boolean write = (wanted & SelectionKey.OP_WRITE) != 0;
    return (read && reader.ready()) || (write && writer.ready());
  }

  @Override
  public boolean readyOrWatched(int wanted) throws IOException {
    requireOpen();
    lookDue = true;
    boolean read = (wanted & SelectionKey.OP_READ) != 0;
    boolean write = (wanted & SelectionKey.OP_WRITE) != 0;
    return (read && reader.readyOrAsleep())
        || (write && writer.readyOrAsleep())
        || connection.readyOrWatched(SelectionKey.OP_READ);
  }

  private void requireOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      // Closing with a doorbell unheard would reset the connection.
      lookDue = true;
      answerDoor();
      connection.close();
    } finally {
      file.close();
    }
  }
}
