/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Why a barrier job failed: every failure the driver heard of, the first cause first.
 *
 * <p>When a rank dies, its peers fail at once, and the driver often hears of them before it hears
 * of the death. So failures are sorted by their kind first (see {@link TaskFailure.FailureKind})
 * and by time second.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param failures first cause first
 */
public record FailureReport(List<TaskFailure> failures) {

  private static final Comparator<TaskFailure> FIRST_CAUSE_FIRST =
      Comparator.comparing(TaskFailure::kind).thenComparingLong(TaskFailure::atMs);

  public FailureReport {
    failures = failures.stream().sorted(FIRST_CAUSE_FIRST).toList();
  }

  /** What everything else follows from, as far as is known. */
  public Optional<TaskFailure> firstCause() {
    return failures.stream().findFirst();
  }

  /** Whether the first cause is certain, so that waiting for more reports is idle. */
  public boolean isConclusive() {
    return firstCause()
        .filter(
            cause ->
                cause.kind() == TaskFailure.FailureKind.EXECUTOR_LOST
                    || cause.kind() == TaskFailure.FailureKind.ERROR)
        .isPresent();
  }
}
