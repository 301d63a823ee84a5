/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * How long a run has trained, over all of its attempts, and whether that is as long as it may. What
 * counts is what the lines of {@code metrics.jsonl} say that their updates took, with the pauses
 * between them. So an update that is lost with its attempt does not count, nor does what comes
 * before an attempt's first update, and nothing has to be saved besides.
 *
 * <p>Only rank 0's clock counts: as a sink, this takes what rank 0 writes. On other ranks it knows
 * what earlier attempts have trained, and no more. Rank 0 tells them in its vote when time is over.
 *
 * <p>Threading: one thread.
 */
final class TrainedTime implements MetricsSink {

  private final TrainSpec train;
  private double milliseconds;
  private long updates;

  TrainedTime(TrainSpec train) {
    this.train = train;
  }

  /**
   * That of a run that goes on. Every rank must call it.
   *
   * @param from updates done
   */
  static TrainedTime of(WorkerSpec spec, AllGather gather, int rank, long from)
      throws IOException, InterruptedException {
    TrainedTime time = new TrainedTime(spec.train());
    if (!spec.train().stop().isTimed() || from == 0) {
      return time;
    }
    if (rank == 0) {
      EarlierMetrics.updates(spec, "computeMs", from, time::step);
    }
    List<long[]> all =
        gather.of(from, new long[] {Double.doubleToRawLongBits(time.milliseconds), time.updates});
    time.milliseconds = Double.longBitsToDouble(all.get(0)[0]);
    time.updates = all.get(0)[1];
    return time;
  }

  /** A sentence, where metrics of updates are missing that should count. */
  Optional<String> missing(long from) {
    return !train.stop().isTimed() || updates >= from
        ? Optional.empty()
        : Optional.of(
            "train.max-time: metrics.jsonl tells of %,d of %,d updates; what the others took does not count"
                .formatted(updates, from));
  }

  /** Whether no update is to follow on this one, if it is not the last anyway. */
  boolean isOver(long update) {
    return milliseconds >= train.stop().maxTimeMs() && update < train.updates();
  }

  /** Why the run ends after an update, for a person: the same on every rank. */
  String sentence(long update) {
    return "train.max-time: the run has trained for %s, as long as it may, and ends after update %d of %d"
        .formatted(words(train.stop().maxTimeMs()), update, train.updates());
  }

  /** As a settings file may have it. */
  private static String words(double milliseconds) {
    long whole = Math.round(milliseconds);
    if (whole % 3_600_000 == 0) {
      return whole / 3_600_000 + "h";
    }
    if (whole % 60_000 == 0) {
      return whole / 60_000 + "m";
    }
    return whole % 1_000 == 0 ? whole / 1_000 + "s" : whole + "ms";
  }

  @Override
  public void step(UpdateMetrics step) {
    milliseconds += step.milliseconds();
    updates++;
  }

  @Override
  public void validation(ValidationMetrics validation) {}

  @Override
  public void close() {}
}
