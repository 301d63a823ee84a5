/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.Link;
import io.cairn.collective.link.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * Reads and writes the records of one TLS connection. Between the engine and the socket there are
 * two buffers of bounded size. One holds records that have arrived and are not decrypted yet. The
 * other holds records that the system has not taken yet. What TLS itself has to say in between,
 * such as tickets and new keys, is answered here.
 *
 * <p>{@link TlsHandshake} uses it until both ends know each other, and {@link TlsWire} from then
 * on. It belongs to the wire, which releases it; the channel is the wire's. Before the handshake
 * begins no buffer is allocated. Until it is through, each direction has room for one record.
 *
 * <p>Threading: one thread at a time, which also encrypts and decrypts.
 *
 * <p>Throws {@link SSLException} for whatever the engine finds wrong with what arrives, any other
 * {@link IOException} if the connection is gone.
 */
final class TlsEngine {

  /** Fewer calls of the system for larger buffers; all of it stays in a core's own cache. */
  private static final int RECORDS_READ = 16;

  /**
   * Half a segment of the ring: the partner decrypts the first batch while the second is encrypted.
   * Half as many cost a tenth more of CPU time, twice as many gain nothing.
   */
  private static final int RECORDS_WRITTEN = 8;

  private static final int MAX_DRAINED = 64;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final TlsContext context;
  private final SSLEngine engine;
  private final int longest;

  // On the heap until the handshake is through. Both stand ready to be read from.
  private ByteBuffer arrived = NOTHING;
  private ByteBuffer leaving = NOTHING;

  private final ByteBuffer[] opened = new ByteBuffer[2];
  private boolean begun;
  private boolean starved = true;
  private boolean ended;
  private boolean brokeOff;

  /** Over a non-blocking channel; the context knows its role and whom to trust. */
  TlsEngine(SocketChannel channel, TlsContext context) {
    this.channel = channel;
    this.context = context;
    this.engine = context.engine();
    this.longest = engine.getSession().getPacketBufferSize();
  }

  /** Begins the handshake, the first time. */
  void begin() throws SSLException {
    if (!begun) {
      begun = true;
      arrived = ByteBuffer.allocate(longest).flip();
      leaving = ByteBuffer.allocate(longest).flip();
      engine.beginHandshake();
    }
  }

  /** The handshake is through: from now on there is room for many records. */
  void establish() {
    arrived = context.room(RECORDS_READ * longest).put(arrived).flip();
    // Room for what TLS has to say in between.
    leaving = context.room((RECORDS_WRITTEN + 1) * longest).flip();
  }

  /** Where any record's content fits. */
  ByteBuffer room() {
    return context.room(longest);
  }

  /** What the other end has proved to own. */
  Fingerprint certificate() throws IOException {
    try {
      return Fingerprint.of((X509Certificate) engine.getSession().getPeerCertificates()[0]);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  HandshakeStatus status() {
    return engine.getHandshakeStatus();
  }

  /** Whether the other end has ended its stream. */
  boolean ended() {
    return ended;
  }

  /**
   * After a failure, whether the other end was the one to break off. Who breaks off has to say so
   * and is not done; whoever was told has nothing more to say.
   */
  boolean wasRejected() {
    return !brokeOff && engine.isOutboundDone();
  }

  /** Whether something has arrived that may be a whole record. */
  boolean hasInput() {
    return arrived.hasRemaining() && !starved;
  }

  /** Whether something waits for the system to take it. */
  boolean hasOutput() {
    return leaving.hasRemaining();
  }

  void work() {
    Runnable task = engine.getDelegatedTask();
    if (task != null) {
      task.run();
    }
  }

  /** Decrypts the next record that has arrived. */
  SSLEngineResult unwrap(ByteBuffer... into) throws SSLException {
    return decrypt(arrived, into);
  }

  /** Lets an engine notice that it has heard enough; some do so only when asked. */
  void nudge() throws SSLException {
    decrypt(NOTHING, spare());
  }

  /** Room for what a record of the handshake must not hold: nothing is leaving meanwhile. */
  ByteBuffer spare() {
    return leaving.duplicate().clear();
  }

  /** Whatever strangers send, the engine's failures are the connection's, not this rank's. */
  private SSLEngineResult decrypt(ByteBuffer from, ByteBuffer... into) throws SSLException {
    try {
      return engine.unwrap(from, into);
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
  boolean fetch() throws IOException {
    arrived.compact();
    if (!arrived.hasRemaining()) {
      arrived.flip();
      throw new SSLException("a record announced to be longer than TLS allows");
    }
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

  /**
   * Decrypts the next record, if it is there or the system has it.
   *
   * @param into as much of its content as fits; what does not goes into {@code rest}
   * @param rest empty, of {@link #room}
   * @return whether this got anywhere; perhaps without content
   */
  boolean open(ByteBuffer into, ByteBuffer rest) throws IOException {
    opened[0] = into;
    opened[1] = rest;
    SSLEngineResult result = unwrap(opened);
    return switch (result.getStatus()) {
      case OK -> {
        if (context.breaksOff(result)) {
          breakOff();
        }
        if (result.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
          answer();
        }
        yield true;
      }
      case BUFFER_UNDERFLOW -> fetch();
      case BUFFER_OVERFLOW -> throw new SSLException("a record longer than TLS allows");
      case CLOSED -> {
        ended = true;
        yield false;
      }
    };
  }

  /** The engine has something to say before it fails, and would fail at the next record only. */
  private void breakOff() throws IOException {
    brokeOff = true;
    if (speak()) {
      flush();
    }
    throw new SSLException("a record that does not verify");
  }

  /** After the handshake TLS still has things of its own to say: tickets, and new keys. */
  private void answer() throws IOException {
    while (true) {
      switch (status()) {
        case NEED_TASK -> work();
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
  boolean speak() throws SSLException {
    leaving.compact();
    try {
      return leaving.remaining() >= longest && wrap(NOTHING).bytesProduced() > 0;
    } finally {
      leaving.flip();
    }
  }

  /**
   * Encrypts as much as there is room for; nothing may be leaving.
   *
   * @return bytes consumed
   */
  int seal(ByteBuffer[] from) throws IOException {
    int count = 0;
    leaving.clear();
    try {
      // The last record's room is for answers.
      while (hasRemaining(from) && leaving.remaining() >= 2 * longest) {
        SSLEngineResult result = wrap(from);
        count += result.bytesConsumed();
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
          throw new ClosedChannelException();
        }
        if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
          work();
        } else if (result.bytesConsumed() == 0 && result.bytesProduced() == 0) {
          throw new SSLException("the engine takes nothing");
        }
      }
      return count;
    } finally {
      leaving.flip();
    }
  }

  static boolean hasRemaining(ByteBuffer[] buffers) {
    for (ByteBuffer buffer : buffers) {
      if (buffer.hasRemaining()) {
        return true;
      }
    }
    return false;
  }

  /** Gives the system what is leaving. Returns whether it took all of it. */
  boolean flush() throws IOException {
    if (leaving.hasRemaining()) {
      channel.write(leaving);
    }
    return !leaving.hasRemaining();
  }

  /** The close_notify alert, or why the handshake failed, if the system takes it at once. */
  void sendCloseNotify() throws IOException {
    if (!begun) {
      return;
    }
    engine.closeOutbound();
    while (flush() && !engine.isOutboundDone() && speak()) {
      // Until all of it has gone.
    }
    // Closing with something unread would reset the connection, and what was given be lost.
    for (int i = 0; i < MAX_DRAINED && channel.read(arrived.clear()) > 0; i++) {
      // Whatever it was.
    }
  }

  /** It is used no more; the buffers are the collector's. */
  void release() {
    context.release(engine);
  }
}
