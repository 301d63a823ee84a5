/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import java.nio.ByteBuffer;

/**
 * Recognizes the eight bytes that a kind of message begins with. A stranger is noticed at its first
 * byte that differs.
 */
public final class Magic {

  private Magic() {}

  /**
   * Whether what has arrived so far, from the buffer's start, may be the beginning of a message.
   */
  public static boolean mayBegin(long magic, ByteBuffer arrived) {
    for (int i = 0; i < Math.min(arrived.position(), Long.BYTES); i++) {
      if (arrived.get(i) != (byte) (magic >>> (Long.SIZE - Byte.SIZE * (i + 1)))) {
        return false;
      }
    }
    return true;
  }
}
