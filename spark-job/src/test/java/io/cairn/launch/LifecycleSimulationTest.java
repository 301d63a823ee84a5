/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.opentest4j.MultipleFailuresError;

/**
 * Thousands of runs, each a function of its seed, to which anything may happen at any moment, in
 * virtual time: {@code -Dcairn.simulation.seed=N} plays the one that failed again, {@code
 * -Dcairn.simulation.schedules=N} so many of the heavy ones.
 */
class LifecycleSimulationTest {

  private static final int RUNS = 10_000;
  private static final int MANY_RUNS = 30_000;
  private static final int MOST_FAILURES = 10;
  private static final String LAUNCH = "io.cairn.launch";

  private static Level before;

  /** Thousands of failures, with their stacks. */
  @BeforeAll
  static void sayNothing() {
    before = LogManager.getLogger(LAUNCH).getLevel();
    Configurator.setLevel(LAUNCH, Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    Configurator.setLevel(LAUNCH, before);
  }

  @Test
  void aRunKeepsItsPromisesWhateverHappensToIt() {
    Long one = Long.getLong("cairn.simulation.seed");
    if (one != null) {
      play(LongStream.of(one));
      return;
    }
    Map<RunPhase.Name, Set<SimulatedHazard>> happened = play(LongStream.range(0, RUNS));
    for (RunPhase.Name phase : EnumSet.complementOf(EnumSet.of(RunPhase.Name.DONE))) {
      assertThat(happened.get(phase))
          .as("what happened in " + phase)
          .containsAll(SimulatedHazard.fromOutside());
    }
  }

  @Test
  @Tag("heavy")
  void theSameInManyMoreRuns() {
    play(LongStream.range(RUNS, RUNS + Long.getLong("cairn.simulation.schedules", MANY_RUNS)));
  }

  /** Goes on after a failure: which seeds fail together says more than the first one alone. */
  private static Map<RunPhase.Name, Set<SimulatedHazard>> play(LongStream seeds) {
    Map<RunPhase.Name, Set<SimulatedHazard>> happened = new EnumMap<>(RunPhase.Name.class);
    List<Throwable> failures = new ArrayList<>();
    for (var each = seeds.iterator(); each.hasNext() && failures.size() < MOST_FAILURES; ) {
      long seed = each.next();
      try {
        new SimulatedRun(seed, happened).play();
      } catch (AssertionError | RuntimeException failure) {
        failures.add(new AssertionError("seed " + seed + ": " + failure.getMessage(), failure));
      }
    }
    if (!failures.isEmpty()) {
      throw new MultipleFailuresError("runs that failed", failures);
    }
    return happened;
  }
}
