/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.function.LongSupplier;

/**
 * The time of a self-check, from its beginning. A pass is begun only if earlier passes suggest that
 * it will end in time. A pass that has begun is not interrupted.
 *
 * <p>Threading: the thread of the check.
 */
final class SelfCheckClock {

  /** A pass would take longer than is left. */
  static final class OutOfTimeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfTimeException() {
      super("the self-check has no more time", null, false, false);
    }
  }

  private final LongSupplier nanoTime;
  private final long startNanos;
  private double allowedNanos = Double.POSITIVE_INFINITY;

  /** Starts. */
  SelfCheckClock(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
  }

  double spentNanos() {
    return nanoTime.getAsLong() - startNanos;
  }

  /** The check may take so long in all. */
  void allow(double nanos) {
    allowedNanos = nanos;
  }

  /** What follows has to be known, however long it takes. */
  void allowAll() {
    allowedNanos = Double.POSITIVE_INFINITY;
  }

  /**
   * Asks for time.
   *
   * @throws OutOfTimeException if there is not that much
   */
  void require(double nanos) {
    if (allowedNanos != Double.POSITIVE_INFINITY && spentNanos() + nanos > allowedNanos) {
      throw new OutOfTimeException();
    }
  }
}
