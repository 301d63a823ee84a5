/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.tls;

import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Link;
import io.cairn.collective.RejectedStreamException;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * A TLS connection over TCP. The handshake goes on whenever something is read or written. A record
 * is decrypted straight into the reader's buffer where it fits.
 *
 * <p>Bytes count as taken when the system has the records that hold them. Until then they stay in
 * the writer's buffers, and a batch of records waits to be sent. So nothing that a writer believes
 * to have given is held back here.
 *
 * <p>Owns its channel.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Fails as {@link Wire} says. A connection that is cut without close_notify has {@link
 * Link#ENDED} like any other: the messages of the ring know their lengths, so a missing end is
 * noticed.
 */
final class TlsWire implements Wire {

  private static final System.Logger LOG = System.getLogger(TlsWire.class.getName());

  private final SocketChannel channel;
  private final TlsEngine engine;
  private final TlsHandshake handshake;

  /** What of a record did not fit, ready to be read from. */
  private ByteBuffer decrypted = ByteBuffer.allocate(0);

  private IOException broken;

  /** How many of the writer's bytes are in the batch that waits. */
  private int offered;

  private final int[] positions = new int[2];

  private boolean closed;

  /** Takes over a non-blocking channel; the context knows its role and whom to trust. */
  TlsWire(SocketChannel channel, TlsContext context) {
    this.channel = channel;
    this.engine = new TlsEngine(channel, context);
    this.handshake = new TlsHandshake(engine);
  }

  @Override
  public SocketChannel channel() {
    return channel;
  }

  @Override
  public boolean isProtected() {
    return true;
  }

  @Override
  public Optional<Fingerprint> certificate() throws IOException {
    return Optional.of(engine.certificate());
  }

  @Override
  public int interest(int wanted) {
    if (handshake.isThrough()) {
      return wanted;
    }
    return engine.hasOutput() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
  }

  @Override
  public boolean ready(int wanted) {
    return (wanted & SelectionKey.OP_READ) != 0
        && (decrypted.hasRemaining() || broken != null || engine.hasInput());
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    requireOpen();
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
        more = decrypted.hasRemaining() ? move(into) : decrypt(into);
      }
    } catch (IOException e) {
      // What came before is still good.
      broken = e;
      if (into.position() == start) {
        throw e;
      }
    }
    int count = into.position() - start;
    return count == 0 && engine.ended() ? Link.ENDED : count;
  }

  /** Goes on with the handshake. Returns whether it is through. */
  private boolean established() throws IOException {
    if (!handshake.isThrough() && handshake.goOn()) {
      engine.establish();
    }
    return handshake.isThrough();
  }

  private boolean move(ByteBuffer into) {
    int count = Math.min(decrypted.remaining(), into.remaining());
    into.put(into.position(), decrypted, decrypted.position(), count);
    into.position(into.position() + count);
    decrypted.position(decrypted.position() + count);
    return true;
  }

  /** Takes the next record, from the system if need be. Returns whether it got anywhere. */
  private boolean decrypt(ByteBuffer into) throws IOException {
    if (decrypted.capacity() == 0) {
      decrypted = engine.room();
    }
    decrypted.clear();
    try {
      return engine.open(into, decrypted);
    } catch (SSLException e) {
      if (engine.wasRejected()) {
        throw new RejectedStreamException(e.getMessage(), e);
      }
      throw new DamagedStreamException(e.getMessage(), e);
    } finally {
      decrypted.flip();
    }
  }

  @Override
  public long write(ByteBuffer... from) throws IOException {
    requireOpen();
    if (!established()) {
      return 0;
    }
    long taken = 0;
    while (engine.flush()) {
      taken += take(from);
      if (!TlsEngine.hasRemaining(from)) {
        break;
      }
      offer(from);
    }
    return taken;
  }

  /** The batch has gone, and with it the writer's bytes that were in it. */
  private int take(ByteBuffer[] from) {
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

  private void offer(ByteBuffer[] from) throws IOException {
    for (int i = 0; i < from.length; i++) {
      positions[i] = from[i].position();
    }
    offered = engine.seal(from);
    for (int i = 0; i < from.length; i++) {
      from[i].position(positions[i]);
    }
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
      if (channel.isOpen()) {
        engine.sendCloseNotify();
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the other end is gone already", e);
    } finally {
      try {
        channel.close();
      } finally {
        engine.release();
      }
    }
  }
}
