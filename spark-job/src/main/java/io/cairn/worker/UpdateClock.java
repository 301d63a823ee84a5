/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.ReduceTiming;
import io.cairn.telemetry.Pause;
import io.cairn.telemetry.RankLoad;
import io.cairn.worker.UpdateResult.Applied;
import io.cairn.worker.UpdateSums.Totals;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Measures where the time of one update goes, and of the pause before it. The time between two
 * calls is added to the part that the second call names.
 *
 * <p>Threading: one thread.
 */
final class UpdateClock {

  private final LongSupplier nanoTime;
  private final long pauseNanos;
  private final RankLoad.Since before;
  private final long start;
  private long last;
  private long computeNanos;
  private long fetchNanos;
  private long waitNanos;
  private long reduceNanos;
  private long applyNanos;

  /**
   * @param pauseNanos what passed since the update before
   * @param before what the rank did since its passes of that update
   */
  private UpdateClock(LongSupplier nanoTime, long start, long pauseNanos, RankLoad.Since before) {
    this.nanoTime = nanoTime;
    this.pauseNanos = pauseNanos;
    this.before = before;
    this.start = start;
    this.last = start;
  }

  /** That of an update without one before it. */
  UpdateClock(LongSupplier nanoTime) {
    this(nanoTime, nanoTime.getAsLong(), 0, RankLoad.Since.NONE);
  }

  /** The same, by the system's clock. */
  UpdateClock() {
    this(System::nanoTime);
  }

  /**
   * That of the update after this one, which begins now.
   *
   * @param checkpointNanos this rank's part in checkpoints since this update
   */
  UpdateClock next(long checkpointNanos) {
    long now = nanoTime.getAsLong();
    return new UpdateClock(
        nanoTime,
        now,
        now - last,
        new RankLoad.Since(waitNanos, reduceNanos, applyNanos, checkpointNanos));
  }

  /** What passed before it. */
  Pause pause() {
    return new Pause(pauseNanos / 1e6, before.checkpointNanos() / 1e6);
  }

  /**
   * Passes are done.
   *
   * @param waitedNanos how long they have waited for micro-batches
   */
  void computed(long waitedNanos) {
    long all = lap();
    long waited = Math.min(all, waitedNanos);
    fetchNanos += waited;
    computeNanos += all - waited;
  }

  /**
   * What this rank's passes took.
   *
   * @param residentBytes memory of the process
   */
  RankLoad load(long residentBytes) {
    return new RankLoad(computeNanos, fetchNanos, residentBytes, before);
  }

  /** That of a rank without passes. */
  RankLoad idle(long residentBytes) {
    return new RankLoad(0, 0, residentBytes, before);
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
    applyNanos = lap();
    return new UpdateResult(
        totals.examples(),
        applied,
        last - start,
        computeNanos,
        fetchNanos + waitNanos,
        reduceNanos,
        applyNanos,
        pause(),
        decision,
        loads,
        replanned);
  }

  private long lap() {
    long now = nanoTime.getAsLong();
    long lap = now - last;
    last = now;
    return lap;
  }
}
