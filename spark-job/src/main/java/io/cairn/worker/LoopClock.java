/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.io.IOException;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Measures what an attempt does from its first update on, without a gap: updates, and the pauses
 * between them.
 *
 * <p>Threading: one thread.
 */
final class LoopClock {

  private final LongSupplier nanoTime;
  private Optional<UpdateClock> last = Optional.empty();
  private long checkpointNanos;

  /**
   * @param nanoTime what time it is
   */
  LoopClock(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** A checkpoint that is taken. */
  @FunctionalInterface
  interface Saving {
    /** Takes it. */
    void run() throws IOException, InterruptedException;
  }

  /** The clock of an update that begins now. */
  UpdateClock nextUpdate() {
    UpdateClock next =
        last.map(before -> before.next(checkpointNanos)).orElseGet(() -> new UpdateClock(nanoTime));
    last = Optional.of(next);
    checkpointNanos = 0;
    return next;
  }

  /** Takes a checkpoint. */
  void checkpoint(Saving saving) throws IOException, InterruptedException {
    long start = nanoTime.getAsLong();
    saving.run();
    checkpointNanos += nanoTime.getAsLong() - start;
  }
}
