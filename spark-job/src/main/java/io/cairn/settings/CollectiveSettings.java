/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.time.Duration;
import java.util.Objects;

/**
 * The all-reduce's deadline, protection and ways.
 *
 * @param timeout longest wait, longer than zero, for a connection or for progress of a peer
 * @param encryption whether ring connections are encrypted
 * @param sharedMemory whether workers on one host meet in its memory
 */
public record CollectiveSettings(
    Duration timeout, Encryption encryption, SharedMemory sharedMemory) {
  public CollectiveSettings {
    Objects.requireNonNull(timeout, "timeout");
    Objects.requireNonNull(encryption, "encryption");
    Objects.requireNonNull(sharedMemory, "sharedMemory");
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout must be longer than zero, not " + timeout);
    }
  }

  /** Whether ring connections are encrypted. */
  public enum Encryption {
    /** Mutual TLS. */
    ON,
    /** Plain TCP. */
    OFF
  }

  /** Whether workers on one host meet in its memory. */
  public enum SharedMemory {
    /** Where they find that they can; elsewhere connections. */
    ON,
    /** Connections only, in the order of the ranks. */
    OFF
  }
}
