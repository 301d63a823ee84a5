/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/**
 * A wire from which more has been read than was needed. What was read comes first, and then the
 * rest of the wire.
 *
 * <p>Owns the wire.
 *
 * <p>Threading: one thread at a time.
 *
 * @param wire where the rest comes from
 * @param first what was read already, from position to limit; ownership passes
 */
public record PushbackWire(Wire wire, ByteBuffer first) implements Wire {

  @Override
  public SocketChannel channel() {
    return wire.channel();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    if (!first.hasRemaining()) {
      return wire.read(into);
    }
    int count = Math.min(first.remaining(), into.remaining());
    into.put(first.slice(first.position(), count));
    first.position(first.position() + count);
    return count;
  }

  @Override
  public long write(ByteBuffer... from) throws IOException {
    return wire.write(from);
  }

  @Override
  public boolean isProtected() {
    return wire.isProtected();
  }

  @Override
  public Optional<Fingerprint> certificate() throws IOException {
    return wire.certificate();
  }

  @Override
  public int interest(int wanted) {
    return wire.interest(wanted);
  }

  @Override
  public boolean ready(int wanted) throws IOException {
    return ((wanted & SelectionKey.OP_READ) != 0 && first.hasRemaining()) || wire.ready(wanted);
  }

  @Override
  public void close() throws IOException {
    wire.close();
  }
}
