/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.plan.UpdateSizes;
import io.cairn.telemetry.RunStart;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How long a run will take from now on: as long for each example as since the first update that was
 * heard of. Examples are counted and not updates, because updates may become larger on the way.
 *
 * <p>Threading: safe everywhere; one thread tells, another asks.
 */
final class TimeLeft {

  private final long updates;
  private final Optional<UpdateSizes> sizes;
  private final LongSupplier nanoTime;
  private long first = -1;
  private long firstNanos;
  private long last;
  private long lastNanos;

  TimeLeft(RunStart run, LongSupplier nanoTime) {
    this.updates = run.updates();
    this.sizes = run.sizes();
    this.nanoTime = nanoTime;
  }

  /** Takes an update that is done. */
  synchronized void at(long update) {
    last = update;
    lastNanos = nanoTime.getAsLong();
    if (first < 0) {
      first = update;
      firstNanos = lastNanos;
    }
  }

  /** The time that is left; empty before two updates are done. */
  synchronized Optional<Duration> now() {
    long done = first < 0 ? 0 : work(last) - work(first);
    if (done <= 0) {
      return Optional.empty();
    }
    double nanosEach = (lastNanos - firstNanos) / (double) done;
    long atLast = (long) (nanosEach * (work(updates) - work(last)));
    long since = nanoTime.getAsLong() - lastNanos;
    return Optional.of(Duration.ofNanos(Math.max(0, atLast - since)));
  }

  private long work(long update) {
    return sizes.map(it -> it.through(update)).orElse(update);
  }
}
