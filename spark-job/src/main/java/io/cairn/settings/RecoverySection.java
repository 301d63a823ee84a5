/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads the block {@code recovery}: its values when it is made, the record once all problems of the
 * file are known.
 *
 * <p>Threading: one thread.
 */
final class RecoverySection {

  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(7);

  private final OptionalInt maxAttempts;
  private final OptionalInt maxFailuresWithoutProgress;
  private final Optional<Duration> maxTime;
  private final Optional<Duration> waitForExecutors;
  private final OptionalInt hostFailures;
  private final Optional<Duration> stopWithin;

  RecoverySection(Values values) {
    maxAttempts = values.integer("recovery.max-attempts", 1);
    maxFailuresWithoutProgress = values.integer("recovery.max-failures-without-progress", 1);
    maxTime = values.duration("recovery.max-time", SHORTEST, LONGEST);
    waitForExecutors = values.duration("recovery.wait-for-executors", SHORTEST, LONGEST);
    hostFailures = values.integer("recovery.host-failures", 1);
    stopWithin = values.duration("recovery.stop-within", SHORTEST, LONGEST);
  }

  /** The block's values; only after the reader has found no problem. */
  RecoverySettings build() {
    return new RecoverySettings(
        maxAttempts.orElseThrow(),
        maxFailuresWithoutProgress.orElseThrow(),
        maxTime.orElseThrow(),
        waitForExecutors.orElseThrow(),
        hostFailures.orElseThrow(),
        stopWithin.orElseThrow());
  }
}
