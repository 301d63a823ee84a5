/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

/**
 * CRC32C of what each message of a sum brought, kept so that passing it on unchanged costs nothing.
 *
 * <p>Threading: one thread.
 */
final class Checksums {

  private final int[] byMessage;

  Checksums(int messages) {
    byMessage = new int[messages];
  }

  void set(int message, int crc) {
    byMessage[message] = crc;
  }

  int of(int message) {
    return byMessage[message];
  }
}
