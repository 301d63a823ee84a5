/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Lets trainings that run already take turns of seconds, all but one held by SIGSTOP. What else the
 * machine does, and how fast it happens to be, then falls on all of them alike, and each is
 * measured long after it was compiled.
 *
 * <p>Threading: one thread.
 */
final class Turns {

  /** A training that goes on by itself, in processes of its own. */
  interface Training extends AutoCloseable {

    /** How many examples it has trained on since it began. */
    long examples() throws IOException;

    /**
     * All its processes.
     *
     * @throws IllegalStateException if it has ended
     */
    List<ProcessHandle> processes() throws IOException;

    @Override
    void close() throws IOException, InterruptedException;
  }

  /** The first part of a turn, in which a training finds back into the caches. */
  private static final Duration SETTLE = Duration.ofMillis(500);

  private static final int SIGNALS = 5;

  private Turns() {}

  /**
   * Measures trainings in turns; all of them are held at the end.
   *
   * @param trainings that have begun
   * @param warmUp how long each runs before it counts
   * @param turn how long each runs in a round
   * @param rounds that count
   * @return for each round, examples a second of each training
   */
  static List<List<Double>> take(
      List<? extends Training> trainings, Duration warmUp, Duration turn, int rounds)
      throws IOException, InterruptedException {
    for (Training training : trainings) {
      hold(training);
    }
    for (long rest = warmUp.toMillis(); rest > 0; rest -= turn.toMillis()) {
      round(trainings, turn);
    }
    List<List<Double>> figures = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      figures.add(round(trainings, turn));
    }
    return figures;
  }

  private static List<Double> round(List<? extends Training> trainings, Duration turn)
      throws IOException, InterruptedException {
    List<Double> examplesPerSecond = new ArrayList<>();
    for (Training training : trainings) {
      signal("CONT", training);
      TimeUnit.MILLISECONDS.sleep(SETTLE.toMillis());
      long before = training.examples();
      long start = System.nanoTime();
      TimeUnit.MILLISECONDS.sleep(turn.toMillis());
      long examples = training.examples() - before;
      examplesPerSecond.add(examples * 1e9 / (System.nanoTime() - start));
      hold(training);
    }
    return examplesPerSecond;
  }

  /** Holds a training, for others to begin. */
  static void hold(Training training) throws IOException, InterruptedException {
    signal("STOP", training);
  }

  private static void signal(String name, Training training)
      throws IOException, InterruptedException {
    for (int attempt = 1; attempt <= SIGNALS; attempt++) {
      List<String> command = new ArrayList<>(List.of("kill", "-" + name));
      training.processes().forEach(process -> command.add(String.valueOf(process.pid())));
      if (new ProcessBuilder(command).inheritIO().start().waitFor() == 0) {
        return;
      }
      // One has ended since it was listed, as what Hadoop starts for a moment does: once more.
    }
    throw new IllegalStateException("the processes of a training change while it is measured");
  }
}
