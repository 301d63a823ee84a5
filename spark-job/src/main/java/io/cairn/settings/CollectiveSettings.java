/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.time.Duration;
import java.util.Objects;

/**
 * The all-reduce's deadline, ports, protection and ways.
 *
 * @param timeout longest wait, longer than zero, for a connection or for progress of a peer
 * @param ports where executors may listen
 * @param encryption whether ring connections are encrypted
 * @param sharedMemory whether workers on one host meet in its memory
 * @param precision with which gradient sums travel
 */
public record CollectiveSettings(
    Duration timeout,
    PortRange ports,
    Encryption encryption,
    SharedMemory sharedMemory,
    Precision precision) {
  public CollectiveSettings {
    Objects.requireNonNull(timeout, "timeout");
    Objects.requireNonNull(ports, "ports");
    Objects.requireNonNull(encryption, "encryption");
    Objects.requireNonNull(sharedMemory, "sharedMemory");
    Objects.requireNonNull(precision, "precision");
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

  /** With which gradient sums travel between workers. */
  public enum Precision {
    /** As they are. */
    EXACT,
    /** float32 ones as bf16, with what rounding leaves over in the next update. */
    BF16
  }
}
