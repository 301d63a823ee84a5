/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import io.cairn.plan.UpdateSizes;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How long a run will take from now on: as long for each example as since the first update that was
 * heard of, or until its {@link TimeLimit}, whichever is less. Examples are counted and not
 * updates, because updates may become larger on the way.
 *
 * <p>Updates that are done again after a failure count once against the limit, as they do for the
 * ranks.
 *
 * <p>Threading: safe everywhere; one thread tells, another asks.
 */
public final class TimeLeft {

  private final long updates;
  private final Optional<UpdateSizes> sizes;
  private final Optional<TimeLimit> limit;
  private final LongSupplier nanoTime;
  private long last = -1;
  private long lastNanos;
  private double heardNanos;
  private double heardWork;
  private double trainedNanos;

  /**
   * Of a run of which no update was heard yet.
   *
   * @param nanoTime what time it is
   */
  public TimeLeft(RunStart run, LongSupplier nanoTime) {
    this.updates = run.updates();
    this.sizes = run.sizes();
    this.limit = run.limit();
    this.nanoTime = nanoTime;
    this.trainedNanos = limit.map(it -> (double) it.trained().toNanos()).orElse(0.0);
  }

  /** What ends a run. */
  public enum End {
    /** Its last update. */
    UPDATES,
    /** Its {@link TimeLimit}, before its last update. */
    LIMIT
  }

  /**
   * What is left.
   *
   * @param time until the end; 0 if it takes longer than thought
   * @param until which end it is
   */
  public record Left(Duration time, End until) {}

  /** Takes an update that is done. */
  public synchronized void at(long update) {
    long now = nanoTime.getAsLong();
    if (last >= 0) {
      long work = work(update) - work(last);
      long nanos = now - lastNanos;
      if (work > 0) {
        heardWork += work;
        heardNanos += nanos;
        trainedNanos += nanos;
      } else if (heardWork > 0) {
        trainedNanos += work * heardNanos / heardWork;
      }
    }
    last = update;
    lastNanos = now;
  }

  /** The time that is left; empty before two updates are done. */
  public synchronized Optional<Left> now() {
    if (heardWork == 0) {
      return Optional.empty();
    }
    double toLast = heardNanos / heardWork * (work(updates) - work(last));
    double toLimit =
        limit.map(it -> it.most().toNanos() - trainedNanos).orElse(Double.POSITIVE_INFINITY);
    long since = nanoTime.getAsLong() - lastNanos;
    long nanos = Math.max(0, (long) Math.min(toLast, toLimit) - since);
    return Optional.of(
        new Left(Duration.ofNanos(nanos), toLimit < toLast ? End.LIMIT : End.UPDATES));
  }

  private long work(long update) {
    return sizes.map(it -> it.through(update)).orElse(update);
  }
}
