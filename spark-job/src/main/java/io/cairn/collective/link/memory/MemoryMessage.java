/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import io.cairn.collective.link.Magic;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What two ranks on one host say to each other before they share memory, {@value #BYTES} bytes in
 * network byte order. No path travels. An offer names one of the directories that its sender has
 * published, and the name of the file is made from the 16 bytes in the offer.
 *
 * @param kind what is said
 * @param place which of the sender's directories, in offers
 * @param name of the file, in offers; else zero
 * @param nonce that stands in the file, in offers; else zero
 */
public record MemoryMessage(MemoryMessageType kind, int place, byte[] name, byte[] nonce) {

  /** Of a message. */
  public static final int BYTES = 56;

  private static final long MAGIC = 0x434149524e4d454dL;
  private static final int VERSION = 1;

  static MemoryMessage of(MemoryMessageType kind) {
    return new MemoryMessage(
        kind, 0, new byte[SharedFile.NAME_BYTES], new byte[SharedFile.NONCE_BYTES]);
  }

  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(MAGIC).putInt(VERSION).putInt(kind.code());
    bytes.putInt(place).putInt(SharedFile.SIZE_BYTES).put(name).put(nonce);
    return bytes.flip();
  }

  /** Whether what has arrived so far may be the beginning of a message. */
  static boolean plausible(ByteBuffer arrived) {
    return Magic.mayBegin(MAGIC, arrived);
  }

  /** A whole message; empty if it is none, of another version, or of another size of file. */
  public static Optional<MemoryMessage> decode(ByteBuffer bytes) {
    long magic = bytes.getLong();
    int version = bytes.getInt();
    Optional<MemoryMessageType> kind = MemoryMessageType.of(bytes.getInt());
    int place = bytes.getInt();
    int size = bytes.getInt();
    if (magic != MAGIC || version != VERSION || kind.isEmpty() || size != SharedFile.SIZE_BYTES) {
      return Optional.empty();
    }
    byte[] name = new byte[SharedFile.NAME_BYTES];
    byte[] nonce = new byte[SharedFile.NONCE_BYTES];
    bytes.get(name).get(nonce);
    return Optional.of(new MemoryMessage(kind.orElseThrow(), place, name, nonce));
  }
}
