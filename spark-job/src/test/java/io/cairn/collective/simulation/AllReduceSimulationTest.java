/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Thousands of schedules of faults, each a function of its seed: {@code -Dcairn.simulation.seed=N}
 * runs the one that failed.
 */
class AllReduceSimulationTest {

  private static final int SCHEDULES = 2_000;
  private static final int MANY_SCHEDULES = 50_000;

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
    play(SCHEDULES, SCHEDULES + MANY_SCHEDULES);
  }

  private static void play(long first, long end) {
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (long seed = first; seed < end; seed++) {
        new Schedule(seed).play(threads);
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
