/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/**
 * A TCP connection without encryption.
 *
 * <p>Owns its channel.
 *
 * <p>Threading: one thread at a time.
 *
 * @param channel connected and non-blocking
 */
public record PlainWire(SocketChannel channel) implements Wire {

  @Override
  public int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  @Override
  public long write(ByteBuffer... from) throws IOException {
    return channel.write(from);
  }

  @Override
  public boolean isProtected() {
    return false;
  }

  @Override
  public Optional<Fingerprint> certificate() {
    return Optional.empty();
  }

  @Override
  public int interest(int wanted) {
    return wanted;
  }

  @Override
  public boolean ready(int wanted) {
    return false;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
