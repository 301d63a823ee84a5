/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.time.Duration;
import java.util.Objects;

/**
 * The all-reduce's deadline and protection.
 *
 * @param timeout longest wait, longer than zero, for a connection or for progress of a peer
 * @param encryption whether ring connections are encrypted
 */
public record CollectiveSettings(Duration timeout, Encryption encryption) {
  public CollectiveSettings {
    Objects.requireNonNull(timeout, "timeout");
    Objects.requireNonNull(encryption, "encryption");
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
}
