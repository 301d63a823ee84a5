/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.time.Duration;
import java.util.List;

/**
 * What the driver does about attempts that fail.
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
  public RecoverySettings {
    RecoveryKeys.MAX_ATTEMPTS.require(maxAttempts);
    RecoveryKeys.MAX_FAILURES_WITHOUT_PROGRESS.require(maxFailuresWithoutProgress);
    RecoveryKeys.HOST_FAILURES.require(hostFailures);
    for (Duration wait : List.of(maxTime, waitForExecutors, stopWithin)) {
      if (wait.isNegative() || wait.isZero()) {
        throw new IllegalArgumentException("a time must be longer than zero, not " + wait);
      }
    }
  }
}
