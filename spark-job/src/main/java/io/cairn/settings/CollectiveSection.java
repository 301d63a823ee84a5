/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import io.cairn.settings.CollectiveSettings.Encryption;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.CollectiveSettings.SharedMemory;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads the block {@code collective}: its values when it is made, the record once all problems of
 * the file are known.
 *
 * <p>Threading: one thread.
 */
final class CollectiveSection {

  private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);
  private static final Duration MOST_TIMEOUT = Duration.ofDays(1);

  private final Optional<Duration> timeout;
  private final Optional<PortRange> ports;
  private final Optional<Encryption> encryption;
  private final Optional<SharedMemory> sharedMemory;
  private final Optional<Precision> precision;

  CollectiveSection(Values values) {
    timeout = values.duration("collective.timeout", LEAST_TIMEOUT, MOST_TIMEOUT);
    ports =
        values.parsed(
            "collective.port-range",
            PortRange::parse,
            "must be two ports from 1 to 65535, the first not above the last",
            "such as 40000-40063");
    encryption = values.choice("collective.encryption", Encryption.class);
    sharedMemory = values.choice("collective.shared-memory", SharedMemory.class);
    precision = values.choice("collective.precision", Precision.class);
  }

  /** The block's values; only after the reader has found no problem. */
  CollectiveSettings build() {
    return new CollectiveSettings(
        timeout.orElseThrow(),
        ports.orElse(PortRange.ANY),
        encryption.orElseThrow(),
        sharedMemory.orElseThrow(),
        precision.orElseThrow());
  }
}
