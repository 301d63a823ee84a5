/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Fingerprint;
import java.nio.ByteBuffer;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * Connects this process with itself, in memory, to find out whether a library does all that the
 * ring asks of it. That happens before a ring relies on the library, and takes some milliseconds.
 *
 * <p>Owns its engines and releases them.
 *
 * <p>Threading: one thread.
 */
final class TlsTrial {

  private static final int MAX_TURNS = 100;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final long WORDS = 0x636169726e2e2e2eL;

  private final TlsContext context;
  private final SSLEngine engine;
  private final ByteBuffer said;
  private final ByteBuffer heard;

  private TlsTrial(TlsContext context) {
    this.context = context;
    this.engine = context.engine();
    this.said = context.room(2 * engine.getSession().getPacketBufferSize()).flip();
    this.heard = context.room(engine.getSession().getPacketBufferSize());
  }

  /**
   * Shakes hands and sends a record.
   *
   * @throws SSLException if that does not work; what else may be thrown then is up to the library
   */
  static void of(TlsLibrary library) throws SSLException {
    EphemeralIdentity self = EphemeralIdentity.create();
    Set<Fingerprint> known = Set.of(self.fingerprint());
    try (TlsContext from = self.tls(library, TlsContext.End.CALLING, known);
        TlsContext to = self.tls(library, TlsContext.End.CALLED, known)) {
      TlsTrial calling = new TlsTrial(from);
      try {
        TlsTrial called = new TlsTrial(to);
        try {
          talk(calling, called);
        } finally {
          called.release();
        }
      } finally {
        calling.release();
      }
    }
  }

  private static void talk(TlsTrial calling, TlsTrial called) throws SSLException {
    calling.engine.beginHandshake();
    called.engine.beginHandshake();
    for (int i = 0; i < MAX_TURNS && (calling.isShaking() || called.isShaking()); i++) {
      calling.takeTurn(called.said);
      called.takeTurn(calling.said);
    }
    calling.say(ByteBuffer.allocate(Long.BYTES).putLong(0, WORDS));
    for (int i = 0; i < MAX_TURNS && called.heard.position() == 0; i++) {
      called.engine.unwrap(calling.said, called.heard);
    }
    if (called.heard.position() != Long.BYTES || called.heard.getLong(0) != WORDS) {
      throw new SSLException("a record did not arrive as it was sent");
    }
  }

  private boolean isShaking() {
    return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
  }

  private void takeTurn(ByteBuffer others) throws SSLException {
    switch (engine.getHandshakeStatus()) {
      case NEED_TASK -> engine.getDelegatedTask().run();
      case NEED_WRAP -> say(NOTHING);
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> engine.unwrap(others, heard);
      case FINISHED, NOT_HANDSHAKING -> {
        // The other end is not there yet.
      }
    }
  }

  private void say(ByteBuffer words) throws SSLException {
    said.compact();
    try {
      engine.wrap(words, said);
    } finally {
      said.flip();
    }
  }

  private void release() {
    context.release(engine);
  }
}
