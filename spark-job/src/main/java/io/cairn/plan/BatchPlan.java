/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A resolved batch plan: {@code workers x micro x steps = effective}, exactly.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param workers ranks, at least 1
 * @param micro examples of one forward and backward pass, at least 1
 * @param steps micro-batches each rank sums before an update, at least 1
 */
public record BatchPlan(int workers, int micro, int steps) implements Serializable {
  private static final long serialVersionUID = 1L;

  public BatchPlan {
    if (workers < 1 || micro < 1 || steps < 1) {
      throw new IllegalArgumentException(
          "workers, micro and steps must be at least 1, not "
              + workers
              + ", "
              + micro
              + ", "
              + steps);
    }
    if ((long) workers * micro > Integer.MAX_VALUE
        || (long) workers * micro * steps > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%d x %d x %d examples in one update: more than %d"
              .formatted(workers, micro, steps, Integer.MAX_VALUE));
    }
  }

  /** The plan of these {@link #numbers}; what is missing is 0, of which there is no plan. */
  public static BatchPlan of(Map<String, Long> numbers) {
    return new BatchPlan(
        Math.toIntExact(numbers.getOrDefault("workers", 0L)),
        Math.toIntExact(numbers.getOrDefault("micro", 0L)),
        Math.toIntExact(numbers.getOrDefault("steps", 0L)));
  }

  /** All examples that enter one full update. */
  public int effective() {
    return workers * micro * steps;
  }

  /** Examples that one rank brings to a full update. */
  public int window() {
    return micro * steps;
  }

  /**
   * Updates of one epoch over {@code examples}, dealt to the ranks so that their shares differ by
   * at most one. The last update of an epoch is smaller when the examples do not divide.
   */
  public long updatesPerEpoch(long examples) {
    return new EpochSchedule(this, examples).updates();
  }

  /**
   * The plan for another number of workers with the same effective batch and the same micro-batch:
   * more or fewer steps make up for it. Empty where no whole number of steps does.
   *
   * <p>The micro-batch is kept because it decides memory and batch statistics.
   *
   * @param newWorkers at least 1
   */
  public Optional<BatchPlan> rescaled(int newWorkers) {
    if (newWorkers < 1) {
      throw new IllegalArgumentException("newWorkers must be at least 1, not " + newWorkers);
    }
    long examplesPerStep = (long) newWorkers * micro;
    return effective() % examplesPerStep == 0
        ? Optional.of(new BatchPlan(newWorkers, micro, (int) (effective() / examplesPerStep)))
        : Optional.empty();
  }

  /**
   * The plan with the same windows, cut into the largest micro-batches that fill them exactly and
   * have no more examples than this.
   *
   * @param mostMicro at least 1
   */
  public BatchPlan cut(int mostMicro) {
    if (mostMicro < 1) {
      throw new IllegalArgumentException("mostMicro must be at least 1, not " + mostMicro);
    }
    int fitting = Math.min(mostMicro, window());
    while (window() % fitting != 0) {
      fitting--;
    }
    return new BatchPlan(workers, fitting, window() / fitting);
  }

  /** The four numbers by their names in the settings, in the order of the formula. */
  public Map<String, Long> numbers() {
    Map<String, Long> numbers = new LinkedHashMap<>();
    numbers.put("workers", (long) workers);
    numbers.put("micro", (long) micro);
    numbers.put("steps", (long) steps);
    numbers.put("effective", (long) effective());
    return numbers;
  }

  /** For people: {@code workers 2 x micro 32 x steps 8 = effective 512}. */
  @Override
  public String toString() {
    return "workers %d x micro %d x steps %d = effective %d"
        .formatted(workers, micro, steps, effective());
  }
}
