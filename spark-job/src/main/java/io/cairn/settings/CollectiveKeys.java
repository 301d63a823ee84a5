/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.duration;
import static io.cairn.settings.Kind.parsed;

import io.cairn.settings.CollectiveSettings.Encryption;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.CollectiveSettings.SharedMemory;
import java.time.Duration;
import java.util.Optional;

/**
 * The keys of {@code collective}.
 *
 * <p>Threading: stateless.
 */
final class CollectiveKeys {

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
          .maybe(PORT_RANGE, CollectiveKeys::givenPorts)
          .with(ENCRYPTION, CollectiveSettings::encryption)
          .with(SHARED_MEMORY, CollectiveSettings::sharedMemory)
          .with(PRECISION, CollectiveSettings::precision);

  private CollectiveKeys() {}

  private static Optional<PortRange> givenPorts(CollectiveSettings settings) {
    return Optional.of(settings.ports()).filter(ports -> !ports.equals(PortRange.ANY));
  }

  /** The settings, once nothing is known to be wrong. */
  static CollectiveSettings settings(Values values) {
    return new CollectiveSettings(
        values.of(TIMEOUT),
        values.maybe(PORT_RANGE).orElse(PortRange.ANY),
        values.of(ENCRYPTION),
        values.of(SHARED_MEMORY),
        values.of(PRECISION));
  }
}
