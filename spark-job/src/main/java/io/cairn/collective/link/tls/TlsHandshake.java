/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.StrangerException;
import java.io.IOException;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * The handshake of one TLS connection. It goes on whenever something can be read or written, until
 * both ends know each other.
 *
 * <p>Belongs to one {@link TlsWire}, as the engine does.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Throws {@link StrangerException} if the other end is not who it should be, does not speak TLS
 * 1.3 or hangs up; any other {@link IOException} if the connection is gone.
 */
final class TlsHandshake {

  private final TlsEngine engine;
  private boolean through;

  TlsHandshake(TlsEngine engine) {
    this.engine = engine;
  }

  boolean isThrough() {
    return through;
  }

  /** Goes on with it. Returns whether it is through. */
  boolean goOn() throws IOException {
    if (!through) {
      try {
        engine.begin();
        through = shakeHands();
      } catch (SSLException e) {
        throw stranger(e);
      }
    }
    return through;
  }

  private boolean shakeHands() throws IOException {
    while (engine.flush()) {
      switch (engine.status()) {
        case NEED_TASK -> engine.work();
        case NEED_WRAP -> {
          if (!engine.speak() && engine.status() == HandshakeStatus.NEED_WRAP) {
            throw new SSLException("the engine has nothing to say");
          }
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (!hear()) {
            return false;
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          return true;
        }
      }
    }
    return false;
  }

  private boolean hear() throws IOException {
    // An engine may notice only when asked that it has heard enough; then data may follow at once.
    engine.nudge();
    if (engine.status() != HandshakeStatus.NEED_UNWRAP) {
      return true;
    }
    SSLEngineResult result = engine.unwrap(engine.spare());
    if (result.bytesProduced() > 0) {
      throw new SSLException("data before the handshake's end");
    }
    return switch (result.getStatus()) {
      // An engine that wants more than there is may also say so by doing nothing.
      case OK, BUFFER_UNDERFLOW ->
          result.bytesConsumed() > 0
              || result.getHandshakeStatus() != HandshakeStatus.NEED_UNWRAP
              || fetch();
      case CLOSED -> throw hungUp();
      case BUFFER_OVERFLOW -> throw new SSLException("a record longer than TLS allows");
    };
  }

  private boolean fetch() throws IOException {
    boolean fetched = engine.fetch();
    if (engine.ended()) {
      throw hungUp();
    }
    return fetched;
  }

  private static StrangerException hungUp() {
    return new StrangerException(StrangerException.Reason.HUNG_UP, null);
  }

  private static StrangerException stranger(SSLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof PinnedTrust.WrongCertificateException) {
        return new StrangerException(StrangerException.Reason.CERTIFICATE, e);
      }
    }
    return new StrangerException(StrangerException.Reason.PROTOCOL, e);
  }
}
