/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.Window;
import java.io.Serializable;
import java.util.Objects;
import java.util.Set;

/**
 * When the ranks validate besides the ends of epochs, and when they stop before the last update:
 * because validations get no better, or because they have trained long enough.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param validateEveryUpdates updates between two validations; {@link Long#MAX_VALUE}: none besides
 * @param metric that is watched; empty: none, and the ranks never stop
 * @param patience validations without an improvement after which they stop
 * @param minDelta what is no more than that is no improvement
 * @param maxTimeMs milliseconds that a run trains at most; infinite: no limit
 */
public record StopRule(
    long validateEveryUpdates, String metric, int patience, double minDelta, double maxTimeMs)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Validations at the ends of epochs, and no early stop. */
  public static final StopRule NONE = new StopRule(Long.MAX_VALUE, "", 1, 0);

  /** Measures of validations that are shares of what is right. */
  private static final Set<String> BETTER_LARGE = Set.of("accuracy", "auc", "exactMatch");

  /** One without a limit of time. */
  public StopRule(long validateEveryUpdates, String metric, int patience, double minDelta) {
    this(validateEveryUpdates, metric, patience, minDelta, Double.POSITIVE_INFINITY);
  }

  public StopRule {
    Objects.requireNonNull(metric, "metric");
    if (validateEveryUpdates < 1 || patience < 1 || !(minDelta >= 0) || !(maxTimeMs > 0)) {
      throw new IllegalArgumentException(
          "every %d updates, patience %d, min-delta %s, at most %s ms"
              .formatted(validateEveryUpdates, patience, minDelta, maxTimeMs));
    }
  }

  /** Whether a metric is watched. */
  public boolean watches() {
    return !metric.isEmpty();
  }

  /** The same with a limit of time. */
  public StopRule within(double milliseconds) {
    return new StopRule(validateEveryUpdates, metric, patience, minDelta, milliseconds);
  }

  /** Whether there is a limit of time. */
  boolean isTimed() {
    return maxTimeMs < Double.POSITIVE_INFINITY;
  }

  /** Whether the ranks validate after an update. */
  boolean isValidated(long update, Window window) {
    return endsEpoch(window) || update % validateEveryUpdates == 0;
  }

  /** Whether an update is the last of its epoch. */
  static boolean endsEpoch(Window window) {
    return window.next().epoch() > window.cursor().epoch();
  }

  /** Whether a value improves on the best so far; the first that is a number does. */
  boolean improves(double value, double best) {
    if (Double.isNaN(value)) {
      return false;
    }
    return Double.isNaN(best)
        || (isBetterLarge() ? value - best > minDelta : best - value > minDelta);
  }

  /** Whether the larger of two values is the better one. Behind a dash comes the output's name. */
  private boolean isBetterLarge() {
    return BETTER_LARGE.contains(metric.split("-", 2)[0]);
  }
}
