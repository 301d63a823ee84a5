/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.opentest4j.MultipleFailuresError;

/**
 * Thousands of schedules of faults, each a function of its seed: {@code -Dcairn.simulation.seed=N}
 * runs the one that failed, {@code -Dcairn.simulation.schedules=N} so many of the heavy ones.
 */
class AllReduceSimulationTest {

  private static final int SCHEDULES = 2_000;
  private static final int MANY_SCHEDULES = 50_000;
  private static final int MOST_FAILURES = 10;

  @Test
  void allRanksReturnTheRightSumsOrAllFailForATrueReason() {
    Long one = Long.getLong("cairn.simulation.seed");
    if (one != null) {
      play(one, one + 1);
    } else {
      play(0, SCHEDULES);
    }
  }

  @Test
  @Tag("heavy")
  void theSameInManyMoreSchedules() {
    play(SCHEDULES, SCHEDULES + Long.getLong("cairn.simulation.schedules", MANY_SCHEDULES));
  }

  /** Goes on after a failure: which seeds fail together says more than the first one alone. */
  private static void play(long first, long end) {
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Throwable> failures = new ArrayList<>();
    try {
      for (long seed = first; seed < end && failures.size() < MOST_FAILURES; seed++) {
        try {
          new Schedule(seed).play(threads);
        } catch (AssertionError failure) {
          failures.add(failure);
        }
      }
    } finally {
      threads.shutdownNow();
    }
    if (!failures.isEmpty()) {
      throw new MultipleFailuresError("schedules that failed", failures);
    }
  }
}
