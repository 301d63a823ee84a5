/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.Precision;
import io.cairn.data.Window;
import io.cairn.settings.CollectiveSettings;

/**
 * Which gradient sums are rounded on the way, where the operator allows it: all but those after
 * which nothing may be left over. What rounding leaves over is on no disk, so the update before a
 * checkpoint takes it along; and it is in proportion to the examples of its update, so it must not
 * get into an update of another number of them, as the last one of an epoch is. All ranks come to
 * the same answer, before they compute.
 *
 * <p>Threading: immutable.
 */
final class RoundedUpdates {

  private final CollectiveSettings.Precision precision;
  private final int everyUpdates;
  private final long lastUpdate;

  RoundedUpdates(WorkerSpec spec) {
    this.precision = spec.collective().precision();
    this.everyUpdates = spec.checkpoints().everyUpdates();
    this.lastUpdate = spec.train().updates();
  }

  /** How the gradient sum of an update travels. */
  Precision precision(long update, Window window) {
    return switch (precision) {
      case EXACT -> Precision.EXACT;
      case BF16 ->
          mayBeSaved(update) || window.updateExamples() != window.nextUpdateExamples()
              ? Precision.SETTLED
              : Precision.BF16;
    };
  }

  /**
   * Whether the state after an update is all there is. A checkpoint that becomes due elsewhere,
   * because the one before took long to save, waits for such an update.
   */
  boolean mayBeSaved(long update) {
    return switch (precision) {
      case EXACT -> true;
      case BF16 -> update % everyUpdates == 0 || update == lastUpdate;
    };
  }
}
