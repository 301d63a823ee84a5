/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.ReduceTiming;
import io.cairn.telemetry.RankLoad;
import io.cairn.worker.UpdateResult.Applied;
import io.cairn.worker.UpdateSums.Totals;
import java.util.List;

/**
 * Measures where the time of one update goes. The time between two calls is added to the part that
 * the second call names.
 *
 * <p>Threading: one thread.
 */
final class UpdateClock {

  private final long start = System.nanoTime();
  private long last = start;
  private long computeNanos;
  private long waitNanos;
  private long reduceNanos;

  /**
   * Passes are done.
   *
   * @param fetchNanos how long they have waited for micro-batches
   */
  void computed(long fetchNanos) {
    long all = lap();
    long waited = Math.min(all, fetchNanos);
    waitNanos += waited;
    computeNanos += all - waited;
  }

  /**
   * What this rank's passes took.
   *
   * @param fetchNanos how long they have waited for micro-batches
   * @param residentBytes memory of the process
   */
  RankLoad load(long fetchNanos, long residentBytes) {
    return new RankLoad(computeNanos, fetchNanos, residentBytes);
  }

  /** The all-reduce is done. */
  void reduced(ReduceTiming timing) {
    long all = lap();
    long waited = Math.min(all, timing.waitNanos());
    waitNanos += waited;
    reduceNanos += all - waited;
  }

  /** The update is done. */
  UpdateResult result(
      Totals totals,
      Applied applied,
      ControlDecision decision,
      List<RankLoad> loads,
      List<String> replanned) {
    long applyNanos = lap();
    return new UpdateResult(
        totals.examples(),
        applied,
        last - start,
        computeNanos,
        waitNanos,
        reduceNanos,
        applyNanos,
        decision,
        loads,
        replanned);
  }

  private long lap() {
    long now = System.nanoTime();
    long lap = now - last;
    last = now;
    return lap;
  }
}
