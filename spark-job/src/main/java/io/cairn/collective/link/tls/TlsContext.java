/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.link.Wire;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;

/**
 * Makes TLS engines for one end of some connections. They speak TLS 1.3 and nothing older. Both
 * ends have to show a certificate, only known certificates are accepted, and no session is resumed.
 *
 * <p>Whoever makes it closes it. An engine lasts until it is released, also beyond that.
 *
 * <p>Threading: any thread.
 */
public abstract sealed class TlsContext implements AutoCloseable permits JdkTls, BoringTls {

  /** Which end of a connection; of TLS, the client or the server. */
  public enum End {
    /** The client. */
    CALLING,
    /** The server. */
    CALLED
  }

  /** Takes over a non-blocking channel, on which this is the end that it says. */
  public Wire wire(SocketChannel channel) {
    return new TlsWire(channel, this);
  }

  /** For one connection; to be given to {@link #release} once. */
  abstract SSLEngine engine();

  /** Ends an engine, which is not used any more. */
  abstract void release(SSLEngine engine);

  /** Whether {@code result}, of a record after the handshake, means that the record is damaged. */
  abstract boolean breaksOff(SSLEngineResult result);

  /** Room for records, in memory where the engine works without copying. */
  abstract ByteBuffer room(int bytes);

  @Override
  public abstract void close();
}
