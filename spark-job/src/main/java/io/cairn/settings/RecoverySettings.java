/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.duration;

import java.time.Duration;
import java.util.List;

/**
 * What the driver does when an attempt fails.
 *
 * @param maxAttempts attempts of one submit, at least 1
 * @param maxFailuresWithoutProgress failures in a row, without progress between them, that end the
 *     run; at least 1
 * @param maxTime longest time without progress, from the first failure on
 * @param waitForExecutors longest wait for as many executors as the plan has workers
 * @param hostFailures failures in a row, without progress between them, after which the host that
 *     caused them all is left out; at least 1
 * @param stopWithin longest time that a stop waits for the update under way and its checkpoint
 */
public record RecoverySettings(
    int maxAttempts,
    int maxFailuresWithoutProgress,
    Duration maxTime,
    Duration waitForExecutors,
    int hostFailures,
    Duration stopWithin) {
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

  public RecoverySettings {
    MAX_ATTEMPTS.require(maxAttempts);
    MAX_FAILURES_WITHOUT_PROGRESS.require(maxFailuresWithoutProgress);
    HOST_FAILURES.require(hostFailures);
    for (Duration wait : List.of(maxTime, waitForExecutors, stopWithin)) {
      if (wait.isNegative() || wait.isZero()) {
        throw new IllegalArgumentException("a time must be longer than zero, not " + wait);
      }
    }
  }

  /** The settings, once nothing is known to be wrong. */
  static RecoverySettings from(Values values) {
    return new RecoverySettings(
        values.of(MAX_ATTEMPTS),
        values.of(MAX_FAILURES_WITHOUT_PROGRESS),
        values.of(MAX_TIME),
        values.of(WAIT_FOR_EXECUTORS),
        values.of(HOST_FAILURES),
        values.of(STOP_WITHIN));
  }
}
