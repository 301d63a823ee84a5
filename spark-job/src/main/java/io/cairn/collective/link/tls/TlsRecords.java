/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.StrangerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/**
 * The records of one TLS connection, from the handshake to close_notify. Says by itself what TLS
 * has to say in between: tickets, and new keys.
 *
 * <p>Belongs to one {@link TlsWire}, which releases it; the channel is the wire's.
 *
 * <p>Threading: one thread at a time, which does the arithmetic too.
 *
 * <p>Throws {@link StrangerException} during the handshake, {@link SSLException} for a record that
 * does not verify, any other {@link IOException} if the connection is gone.
 */
final class TlsRecords {

  /** Fewer calls of the system for larger buffers; all of it stays in a core's own cache. */
  private static final int RECORDS_READ = 16;

  /**
   * Half a segment of the ring: the partner decrypts the first batch while the second is encrypted.
   * Half as many cost a tenth more of CPU time, twice as many gain nothing.
   */
  private static final int RECORDS_WRITTEN = 8;

  private final TlsEngine engine;
  private final TlsHandshake handshake;
  private final ByteBuffer[] opened = new ByteBuffer[2];
  private boolean brokeOff;

  /** Over a non-blocking channel; the context knows its role and whom to trust. */
  TlsRecords(SocketChannel channel, TlsContext context) {
    this.engine = new TlsEngine(channel, context);
    this.handshake = new TlsHandshake(engine);
  }

  /** Where any record's content fits. */
  ByteBuffer room() {
    return engine.room();
  }

  /** Goes on with the handshake. Returns whether it is through. */
  boolean established() throws IOException {
    if (handshake.isThrough()) {
      return true;
    }
    if (handshake.goOn()) {
      engine.establish(RECORDS_READ, RECORDS_WRITTEN);
    }
    return handshake.isThrough();
  }

  boolean isEstablished() {
    return handshake.isThrough();
  }

  /** What the other end has proved to own. */
  Fingerprint certificate() throws IOException {
    return engine.certificate();
  }

  /** Whether the other end has ended its stream. */
  boolean ended() {
    return engine.ended();
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
    return engine.hasInput();
  }

  /** Whether something waits for the system to take it. */
  boolean hasOutput() {
    return engine.hasOutput();
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
    SSLEngineResult result = engine.unwrap(opened);
    return switch (result.getStatus()) {
      case OK -> {
        if (engine.breaksOff(result)) {
          breakOff();
        }
        if (result.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING) {
          answer();
        }
        yield true;
      }
      case BUFFER_UNDERFLOW -> engine.fetch();
      case BUFFER_OVERFLOW -> throw new SSLException("a record longer than TLS allows");
      case CLOSED -> {
        engine.end();
        yield false;
      }
    };
  }

  /** The engine has something to say before it fails, and would fail at the next record only. */
  private void breakOff() throws IOException {
    brokeOff = true;
    if (engine.speak()) {
      engine.flush();
    }
    throw new SSLException("a record that does not verify");
  }

  /** After the handshake TLS still has things of its own to say: tickets, and new keys. */
  private void answer() throws IOException {
    while (true) {
      switch (engine.status()) {
        case NEED_TASK -> engine.work();
        case NEED_WRAP -> {
          if (!engine.speak()) {
            return;
          }
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN, FINISHED, NOT_HANDSHAKING -> {
          engine.flush();
          return;
        }
      }
    }
  }

  /**
   * Encrypts as much as fits into a batch of records; nothing may be leaving.
   *
   * @return bytes consumed
   */
  int seal(ByteBuffer[] from) throws IOException {
    return engine.seal(from);
  }

  /** Gives the system what is leaving. Returns whether it took all of it. */
  boolean flush() throws IOException {
    return engine.flush();
  }

  /** The close_notify alert, or why the handshake failed, if the system takes it at once. */
  void sendCloseNotify() throws IOException {
    engine.sendCloseNotify();
  }

  /** It is used no more. */
  void release() {
    engine.release();
  }
}
