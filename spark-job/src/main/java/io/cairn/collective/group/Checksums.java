/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import io.cairn.collective.schedules.Schedule;
import java.util.BitSet;
import java.util.OptionalInt;

/**
 * Keeps the CRC32C of each message that a sum has received. A message that is passed on unchanged
 * then needs no new one.
 *
 * <p>Threading: one thread.
 */
final class Checksums {

  private final int[] byMessage;
  private final BitSet known = new BitSet();

  Checksums(int messages) {
    byMessage = new int[messages];
  }

  /** For another sum. */
  void clear() {
    known.clear();
  }

  void set(int message, int crc) {
    byMessage[message] = crc;
    known.set(message);
  }

  /** Empty if the message came without, or is {@link Schedule#NONE}. */
  OptionalInt of(int message) {
    return message != Schedule.NONE && known.get(message)
        ? OptionalInt.of(byMessage[message])
        : OptionalInt.empty();
  }
}
