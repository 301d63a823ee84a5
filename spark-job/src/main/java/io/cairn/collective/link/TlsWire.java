/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Link;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS over TCP. The handshake happens on the way, whenever something is read or written; records
 * are decrypted straight into the reader's buffer where they fit.
 *
 * <p>Bytes count as taken once the system has the records that hold them, so that nothing a writer
 * believes to have given waits here. Until then the writer's buffers stay where they are, and a
 * batch of records waits to be sent.
 *
 * <p>Owns its channel. Nothing is allocated before the first byte; before the handshake is through,
 * one record's room a direction.
 *
 * <p>Threading: one thread at a time, which does the arithmetic too.
 *
 * <p>Fails as {@link Wire} says; a connection cut without TLS's farewell has {@link Link#ENDED}
 * like any other, since the ring's messages know their lengths.
 */
final class TlsWire implements Wire {

  private static final System.Logger LOG = System.getLogger(TlsWire.class.getName());

  /** Fewer calls of the system for larger buffers; all of it stays in a core's own cache. */
  private static final int RECORDS_READ = 8;

  /** The neighbour decrypts the first batch while the second is encrypted. */
  private static final int RECORDS_WRITTEN = 4;

  private static final int MAX_DRAINED = 64;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final SSLEngine engine;

  // On the heap, where the JDK's AES is fastest. All stand ready to be read from.
  private ByteBuffer arrived = NOTHING;
  private ByteBuffer decrypted = NOTHING;
  private ByteBuffer leaving = NOTHING;

  private State state = State.FRESH;
  private boolean starved = true;
  private boolean ended;
  private IOException broken;

  /** How many of the writer's bytes are in {@code leaving}, and where its buffers stood. */
  private int offered;

  private final int[] positions = new int[2];

  private enum State {
    FRESH,
    SHAKING_HANDS,
    ESTABLISHED
  }

  /** Takes over a non-blocking channel; the engine knows its role and whom to trust. */
  TlsWire(SocketChannel channel, SSLEngine engine) {
    this.channel = channel;
    this.engine = engine;
  }

  @Override
  public SocketChannel channel() {
    return channel;
  }

  @Override
  public int interest(int wanted) {
    if (state == State.ESTABLISHED) {
      return wanted;
    }
    return leaving.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
  }

  @Override
  public boolean hasInput() {
    return decrypted.hasRemaining() || broken != null || (arrived.hasRemaining() && !starved);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    if (broken != null) {
      throw broken;
    }
    if (!established()) {
      return 0;
    }
    int start = into.position();
    try {
      boolean more = true;
      while (more && into.hasRemaining()) {
        more = decrypted.hasRemaining() ? move(decrypted, into) : decrypt(into);
      }
    } catch (IOException e) {
      broken = e;
      if (into.position() == start) {
        throw e;
      }
    }
    int count = into.position() - start;
    return count == 0 && ended ? Link.ENDED : count;
  }

  private static boolean move(ByteBuffer from, ByteBuffer into) {
    int count = Math.min(from.remaining(), into.remaining());
    into.put(into.position(), from, from.position(), count);
    into.position(into.position() + count);
    from.position(from.position() + count);
    return true;
  }

  /** Takes the next record, from the system if need be. Returns whether it got anywhere. */
  private boolean decrypt(ByteBuffer into) throws IOException {
    try {
      SSLEngineResult result = unwrap(into);
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        // The record may be longer than there is room for.
        decrypted.clear();
        try {
          result = unwrap(decrypted);
        } finally {
          decrypted.flip();
        }
      }
      return switch (result.getStatus()) {
        case OK -> {
          if (result.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
            answer();
          }
          yield true;
        }
        case BUFFER_UNDERFLOW -> fetch();
        case CLOSED -> {
          ended = true;
          yield false;
        }
        case BUFFER_OVERFLOW -> throw new IllegalStateException("a record longer than records are");
      };
    } catch (SSLException e) {
      throw new DamagedStreamException(e.getMessage(), e);
    }
  }

  /** Whatever strangers send, the engine's failures are the connection's, not this rank's. */
  private SSLEngineResult unwrap(ByteBuffer into) throws SSLException {
    try {
      return engine.unwrap(arrived, into);
    } catch (RuntimeException e) {
      throw new SSLException("the engine failed: " + e, e);
    }
  }

  private SSLEngineResult wrap(ByteBuffer... from) throws SSLException {
    try {
      return engine.wrap(from, leaving);
    } catch (RuntimeException e) {
      throw new SSLException("the engine failed: " + e, e);
    }
  }

  /** Gets more from the system. Returns whether there was anything. */
  private boolean fetch() throws IOException {
    arrived.compact();
    int count;
    try {
      count = channel.read(arrived);
    } finally {
      arrived.flip();
    }
    ended |= count == Link.ENDED;
    starved = count <= 0;
    return !starved;
  }

  /** After the handshake TLS still has things of its own to say: tickets, and new keys. */
  private void answer() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_WRAP -> {
          if (!speak()) {
            return;
          }
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN, FINISHED, NOT_HANDSHAKING -> {
          flush();
          return;
        }
      }
    }
  }

  /** Adds a record of TLS's own to what is leaving. Returns whether there was one, and room. */
  private boolean speak() throws SSLException {
    leaving.compact();
    try {
      return leaving.remaining() >= engine.getSession().getPacketBufferSize()
          && wrap(NOTHING).bytesProduced() > 0;
    } finally {
      leaving.flip();
    }
  }

  private boolean established() throws IOException {
    if (state == State.ESTABLISHED) {
      return true;
    }
    try {
      if (state == State.FRESH) {
        begin();
      }
      return shakeHands();
    } catch (SSLException e) {
      throw stranger(e);
    }
  }

  private void begin() throws SSLException {
    int record = engine.getSession().getPacketBufferSize();
    arrived = ByteBuffer.allocate(record).flip();
    leaving = ByteBuffer.allocate(record).flip();
    decrypted = ByteBuffer.allocate(record).flip();
    engine.beginHandshake();
    state = State.SHAKING_HANDS;
  }

  private boolean shakeHands() throws IOException {
    while (flush()) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_WRAP -> {
          if (!speak() && engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            throw new SSLException("the engine has nothing to say");
          }
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (!hear()) {
            return false;
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          establish();
          return true;
        }
      }
    }
    return false;
  }

  private boolean hear() throws IOException {
    SSLEngineResult result = unwrap(NOTHING);
    boolean moved =
        switch (result.getStatus()) {
          case OK -> true;
          case BUFFER_UNDERFLOW -> fetch();
          case CLOSED -> {
            ended = true;
            yield false;
          }
          case BUFFER_OVERFLOW -> throw new SSLException("data before the handshake's end");
        };
    if (ended) {
      throw new StrangerException(StrangerException.Reason.HUNG_UP, null);
    }
    return moved;
  }

  private void establish() {
    int record = engine.getSession().getPacketBufferSize();
    arrived = ByteBuffer.allocate(RECORDS_READ * record).put(arrived).flip();
    // Room for what TLS has to say in between.
    leaving = ByteBuffer.allocate((RECORDS_WRITTEN + 1) * record).flip();
    state = State.ESTABLISHED;
  }

  private static StrangerException stranger(SSLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof PinnedTrust.WrongCertificateException) {
        return new StrangerException(StrangerException.Reason.CERTIFICATE, e);
      }
    }
    return new StrangerException(StrangerException.Reason.PROTOCOL, e);
  }

  @Override
  public long write(ByteBuffer... from) throws IOException {
    if (!established()) {
      return 0;
    }
    long taken = 0;
    while (flush()) {
      taken += take(from);
      if (!hasRemaining(from)) {
        break;
      }
      encrypt(from);
    }
    return taken;
  }

  /** Gives the system what is leaving. Returns whether it took all of it. */
  private boolean flush() throws IOException {
    if (leaving.hasRemaining()) {
      channel.write(leaving);
    }
    return !leaving.hasRemaining();
  }

  private long take(ByteBuffer[] from) {
    int left = offered;
    for (int i = 0; left > 0; i++) {
      int count = Math.min(left, from[i].remaining());
      from[i].position(from[i].position() + count);
      left -= count;
    }
    int count = offered;
    offered = 0;
    return count;
  }

  private void encrypt(ByteBuffer[] from) throws IOException {
    for (int i = 0; i < from.length; i++) {
      positions[i] = from[i].position();
    }
    int record = engine.getSession().getPacketBufferSize();
    leaving.clear();
    try {
      // The last record's room is for answers.
      while (hasRemaining(from) && leaving.remaining() >= 2 * record) {
        SSLEngineResult result = wrap(from);
        offered += result.bytesConsumed();
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
          throw new ClosedChannelException();
        }
        if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
          engine.getDelegatedTask().run();
        }
      }
    } finally {
      leaving.flip();
      for (int i = 0; i < from.length; i++) {
        from[i].position(positions[i]);
      }
    }
  }

  private static boolean hasRemaining(ByteBuffer[] buffers) {
    for (ByteBuffer buffer : buffers) {
      if (buffer.hasRemaining()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    try {
      if (state != State.FRESH && channel.isOpen()) {
        sayFarewell();
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the other end is gone already", e);
    } finally {
      channel.close();
    }
  }

  /** The farewell, or why the handshake failed, if the system takes it at once. */
  private void sayFarewell() throws IOException {
    engine.closeOutbound();
    while (flush() && !engine.isOutboundDone() && speak()) {
      // Until all of it has gone.
    }
    // Closing with something unread would reset the connection, and what was given be lost.
    for (int i = 0; i < MAX_DRAINED && channel.read(arrived.clear()) > 0; i++) {
      // Whatever it was.
    }
  }
}
