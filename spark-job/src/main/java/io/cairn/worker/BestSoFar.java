/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The best validation of a run so far, and how many have followed it. Every rank has the same,
 * since validations have the same numbers on every rank. An attempt that goes on after a checkpoint
 * finds it in the lines of {@code metrics.jsonl} up to there, so that nothing has to be saved.
 *
 * <p>Threading: one thread.
 */
final class BestSoFar {

  private final StopRule rule;
  private double value = Double.NaN;
  private long update;
  private long since;

  BestSoFar(StopRule rule) {
    this.rule = rule;
  }

  /**
   * That of a run that goes on. Every rank must call it.
   *
   * @param from updates done
   */
  static BestSoFar of(WorkerSpec spec, AllGather gather, int rank, long from) throws IOException {
    BestSoFar best = new BestSoFar(spec.train().stop());
    if (!best.rule.watches() || from == 0) {
      return best;
    }
    if (rank == 0) {
      EarlierMetrics.validations(spec, from, best::take);
    }
    List<long[]> all =
        gather.of(
            from, new long[] {Double.doubleToRawLongBits(best.value), best.update, best.since});
    best.value = Double.longBitsToDouble(all.get(0)[0]);
    best.update = all.get(0)[1];
    best.since = all.get(0)[2];
    return best;
  }

  /**
   * Takes a validation.
   *
   * @return whether it is the best so far
   */
  boolean take(ValidationMetrics validation) {
    double now = validation.values().getOrDefault(rule.metric(), Double.NaN);
    if (rule.improves(now, value)) {
      value = now;
      update = validation.update();
      since = 0;
      return true;
    }
    since++;
    return false;
  }

  /** Whether the ranks stop now, and why. */
  Optional<String> stop() {
    if (!rule.watches() || since < rule.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        update == 0
            ? "early stopping: %s was not a number in any of %d validations, so there is no best model"
                .formatted(rule.metric(), since)
            : "early stopping: %s has not improved in %d validations; the best, %s, was after update %d"
                .formatted(rule.metric(), since, value, update));
  }

  /** After which update it was; empty before the first. */
  OptionalLong update() {
    return update == 0 ? OptionalLong.empty() : OptionalLong.of(update);
  }
}
