/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.duration;

import java.time.Duration;

/**
 * The keys of {@code recovery}.
 *
 * <p>Threading: stateless.
 */
final class RecoveryKeys {

  private static final Kind<Duration> WAIT = duration(Duration.ofSeconds(1), Duration.ofDays(7));

  static final Key<Integer> MAX_ATTEMPTS =
      Key.of("recovery.max-attempts", count("attempts")).byDefault(100);
  static final Key<Integer> MAX_FAILURES_WITHOUT_PROGRESS =
      Key.of("recovery.max-failures-without-progress", count("failures")).byDefault(5);
  static final Key<Duration> MAX_TIME =
      Key.of("recovery.max-time", WAIT).byDefault(Duration.ofHours(1));
  static final Key<Duration> WAIT_FOR_EXECUTORS =
      Key.of("recovery.wait-for-executors", WAIT).byDefault(Duration.ofMinutes(10));
  static final Key<Integer> HOST_FAILURES =
      Key.of("recovery.host-failures", count("failures")).byDefault(3);
  static final Key<Duration> STOP_WITHIN =
      Key.of("recovery.stop-within", WAIT).byDefault(Duration.ofSeconds(30));

  static final Block<RecoverySettings> BLOCK =
      Block.<RecoverySettings>named("recovery", Resume.MAY_CHANGE)
          .with(MAX_ATTEMPTS, RecoverySettings::maxAttempts)
          .with(MAX_FAILURES_WITHOUT_PROGRESS, RecoverySettings::maxFailuresWithoutProgress)
          .with(MAX_TIME, RecoverySettings::maxTime)
          .with(WAIT_FOR_EXECUTORS, RecoverySettings::waitForExecutors)
          .with(HOST_FAILURES, RecoverySettings::hostFailures)
          .with(STOP_WITHIN, RecoverySettings::stopWithin);

  private RecoveryKeys() {}

  /** The settings, once nothing is known to be wrong. */
  static RecoverySettings settings(Values values) {
    return new RecoverySettings(
        values.of(MAX_ATTEMPTS),
        values.of(MAX_FAILURES_WITHOUT_PROGRESS),
        values.of(MAX_TIME),
        values.of(WAIT_FOR_EXECUTORS),
        values.of(HOST_FAILURES),
        values.of(STOP_WITHIN));
  }
}
