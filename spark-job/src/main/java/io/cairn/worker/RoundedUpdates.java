/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.Precision;
import io.cairn.data.Window;
import io.cairn.settings.CollectiveSettings;

/**
 * Decides which gradient sums are rounded when {@code collective.precision} allows it.
 *
 * <p>Rounding leaves a remainder that is added to the next update, so some updates must be exact.
 * The update before a checkpoint is exact, because the remainder is not in the checkpoint. The
 * remainder is also proportional to the number of examples in its update, so it must not be carried
 * into an update of another size, such as the last one of an epoch. A validation that is watched
 * may make its update the last one, or the one whose model is kept. All ranks decide alike, before
 * they compute.
 *
 * <p>Threading: immutable.
 */
final class RoundedUpdates {

  private final CollectiveSettings.Precision precision;
  private final int everyUpdates;
  private final long lastUpdate;
  private final StopRule stop;

  RoundedUpdates(WorkerSpec spec) {
    this.precision = spec.collective().precision();
    this.everyUpdates = spec.checkpoints().everyUpdates();
    this.lastUpdate = spec.train().updates();
    this.stop = spec.train().stop();
  }

  /** How the gradient sum of an update travels. */
  Precision precision(long update, Window window) {
    return switch (precision) {
      case EXACT -> Precision.EXACT;
      case BF16 ->
          mayBeSaved(update)
                  || (stop.watches() && stop.isValidated(update, window))
                  || window.updateExamples() != window.nextUpdateExamples()
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
