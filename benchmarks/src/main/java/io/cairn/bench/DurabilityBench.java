/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.time.Duration;
import java.util.NavigableMap;

/**
 * What saving costs: in one run that saves every 100 updates, the 50 updates after each save
 * against the 50 after those. Runs one after the other differ by more than a save costs.
 */
final class DurabilityBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final int EVERY_UPDATES = 50;
  private static final int PAIRS = 80;
  private static final Duration WARM_UP = Duration.ofSeconds(30);

  @Override
  public String summary() {
    return "50 updates with a checkpoint over 50 without";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, 32, 8);
    String every = "checkpoint.every-updates=" + 2 * EVERY_UPDATES;
    try (CairnRun run = CairnRun.start(home, "durability", conf, every)) {
      run.measure(WARM_UP, Duration.ZERO);
      NavigableMap<Long, Long> doneNanos = run.watch(2 * EVERY_UPDATES * (PAIRS + 1));
      long last = doneNanos.lastKey();
      if (run.checkpoints().last() < last - 2 * EVERY_UPDATES) {
        throw new IllegalStateException("saves fell behind: " + run.checkpoints() + " at " + last);
      }
      int pairs = 0;
      double with = 0;
      double without = 0;
      long first = doneNanos.firstKey();
      for (long update = first + 2 * EVERY_UPDATES - first % (2 * EVERY_UPDATES);
          update + 2 * EVERY_UPDATES <= last;
          update += 2 * EVERY_UPDATES) {
        long half = doneNanos.get(update + EVERY_UPDATES);
        with += half - doneNanos.get(update);
        pairs++;
        without += doneNanos.get(update + 2 * EVERY_UPDATES) - half;
      }
      figures.note(
          "%d pairs; a save costs %.1f ms in %.0f"
              .formatted(pairs, (with - without) / pairs / 1e6, without / pairs / 1e6));
      figures.figure("durability/every-50-updates", without / with, "ratio");
    }
  }
}
