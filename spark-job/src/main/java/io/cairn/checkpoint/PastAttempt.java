/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.plan.BatchPlan;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One attempt in the list of attempts that {@code STATUS.json} holds.
 *
 * @param number its number, from 1
 * @param startedAt when it began
 * @param endedAt when it ended, as far as is known
 * @param fromUpdate the update it went on from
 * @param toUpdate the last update it is known to have done
 * @param plan the plan it works under, once that is known
 * @param threads micro-batches that a worker is meant to compute side by side under it
 * @param cause what ended it, for a person; empty while it runs and if it came to the run's end
 * @param endedBy what kind of thing that was
 */
public record PastAttempt(
    int number,
    Instant startedAt,
    Optional<Instant> endedAt,
    long fromUpdate,
    long toUpdate,
    Optional<BatchPlan> plan,
    OptionalInt threads,
    String cause,
    EndedBy endedBy) {

  /** What ends an attempt. */
  public enum EndedBy {
    /** It runs, or its driver died without a last word; older files do not say. */
    NOTHING,
    /** It came to the run's end, which a longer run goes on from. */
    END,
    /** Something broke, or was wrong. */
    FAILURE,
    /** Somebody asked for it, or it has to wait; or another driver has the run. */
    STOP
  }

  public PastAttempt {
    Objects.requireNonNull(startedAt, "startedAt");
    Objects.requireNonNull(endedAt, "endedAt");
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(threads, "threads");
    Objects.requireNonNull(cause, "cause");
    Objects.requireNonNull(endedBy, "endedBy");
    if (number < 1 || fromUpdate < 0 || toUpdate < fromUpdate) {
      throw new IllegalArgumentException(
          "attempt %d, updates %d to %d".formatted(number, fromUpdate, toUpdate));
    }
  }

  /** This attempt, further along. */
  public PastAttempt at(long update) {
    return new PastAttempt(
        number,
        startedAt,
        endedAt,
        fromUpdate,
        Math.max(toUpdate, update),
        plan,
        threads,
        cause,
        endedBy);
  }

  /** This attempt, ended. */
  public PastAttempt ended(Instant now, String newCause, EndedBy by) {
    return new PastAttempt(
        number, startedAt, Optional.of(now), fromUpdate, toUpdate, plan, threads, newCause, by);
  }

  /** This attempt, from now on under another plan. */
  public PastAttempt under(BatchPlan newPlan, OptionalInt newThreads) {
    return new PastAttempt(
        number,
        startedAt,
        endedAt,
        fromUpdate,
        toUpdate,
        Optional.of(newPlan),
        newThreads,
        cause,
        endedBy);
  }
}
