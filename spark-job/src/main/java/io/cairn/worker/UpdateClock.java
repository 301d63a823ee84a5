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
import java.util.function.LongSupplier;

/**
 * Measures where the time of one update goes, and of the pause before it. The time between two
 * calls is added to the part that the second call names.
 *
 * <p>Threading: one thread.
 */
final class UpdateClock {

  private final LongSupplier nanoTime;
  private final Pause pause;
  private final long start;
  private long last;
  private long computeNanos;
  private long waitNanos;
  private long reduceNanos;

  /**
   * What passed since the update before.
   *
   * @param nanos all of it
   * @param checkpointNanos this rank's part in checkpoints
   */
  record Pause(long nanos, long checkpointNanos) {
    static final Pause NONE = new Pause(0, 0);
  }

  private UpdateClock(LongSupplier nanoTime, long start, Pause pause) {
    this.nanoTime = nanoTime;
    this.pause = pause;
    this.start = start;
    this.last = start;
  }

  /** That of an update without one before it. */
  UpdateClock(LongSupplier nanoTime) {
    this(nanoTime, nanoTime.getAsLong(), Pause.NONE);
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
    return new UpdateClock(nanoTime, now, new Pause(now - last, checkpointNanos));
  }

  /** What passed before it. */
  Pause pause() {
    return pause;
  }

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
    return new RankLoad(computeNanos, fetchNanos, residentBytes, pause.checkpointNanos());
  }

  /** That of a rank without passes. */
  RankLoad idle(long residentBytes) {
    return new RankLoad(0, 0, residentBytes, pause.checkpointNanos());
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
        pause,
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
