/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.duration;
import static io.cairn.settings.Kind.parsed;

import java.io.Serializable;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * The settings of the all-reduce: how long it waits, which ports it uses, how it is protected, and
 * how gradient sums are sent.
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
    Precision precision)
    implements Serializable {

  private static final long serialVersionUID = 1L;
  static final Key<Duration> TIMEOUT =
      Key.of("collective.timeout", duration(Duration.ofMillis(100), Duration.ofDays(1)))
          .byDefault(Duration.ofSeconds(60));
  static final Key<PortRange> PORT_RANGE =
      Key.of(
          "collective.port-range",
          parsed(
              PortRange::parse,
              "must be two ports from 1 to 65535, the first not above the last",
              "such as 40000-40063"));
  static final Key<Encryption> ENCRYPTION =
      Key.of("collective.encryption", choice(Encryption.class)).byDefault(Encryption.ON);
  static final Key<SharedMemory> SHARED_MEMORY =
      Key.of("collective.shared-memory", choice(SharedMemory.class)).byDefault(SharedMemory.ON);
  static final Key<Precision> PRECISION =
      Key.of("collective.precision", choice(Precision.class))
          .byDefault(Precision.EXACT)
          .onResume(Resume.MUST_STAY);

  static final Block<CollectiveSettings> BLOCK =
      Block.<CollectiveSettings>named("collective", Resume.MAY_CHANGE)
          .with(TIMEOUT, CollectiveSettings::timeout)
          .maybe(PORT_RANGE, CollectiveSettings::givenPorts)
          .with(ENCRYPTION, CollectiveSettings::encryption)
          .with(SHARED_MEMORY, CollectiveSettings::sharedMemory)
          .with(PRECISION, CollectiveSettings::precision);

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

  private static Optional<PortRange> givenPorts(CollectiveSettings settings) {
    return Optional.of(settings.ports()).filter(ports -> !ports.equals(PortRange.ANY));
  }

  /** The settings, once nothing is known to be wrong. */
  static CollectiveSettings from(Values values) {
    return new CollectiveSettings(
        values.of(TIMEOUT),
        values.maybe(PORT_RANGE).orElse(PortRange.ANY),
        values.of(ENCRYPTION),
        values.of(SHARED_MEMORY),
        values.of(PRECISION));
  }
}
