/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What saving costs: training with a checkpoint every 50 updates over training without, in turn, on
 * the same two cores.
 */
final class DurabilityBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final int ROUNDS = 3;
  private static final int EVERY_UPDATES = 50;

  /** More updates than a run here makes. */
  private static final int NEVER = 1_000_000;

  private static final Duration WARM_UP = Duration.ofSeconds(30);

  /** Some saves, whose cost does not spread evenly. */
  private static final Duration STRETCH = Duration.ofSeconds(30);

  @Override
  public String summary() {
    return "training with a checkpoint every 50 updates over training without";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      double without = examplesPerSecond(home, figures, round, NEVER);
      double with = examplesPerSecond(home, figures, round, EVERY_UPDATES);
      figures.note(
          "round %d: without %.0f, with %.0f examples/s".formatted(round + 1, without, with));
      ratios.add(with / without);
    }
    figures.figure("durability/every-50-updates", Figures.median(ratios), "ratio");
  }

  private static double examplesPerSecond(
      BenchHome home, Figures figures, int round, int everyUpdates)
      throws IOException, InterruptedException {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, 32, 8);
    String name = "durability-%d-%d".formatted(everyUpdates, round);
    String every = "checkpoint.every-updates=" + everyUpdates;
    try (CairnRun run = CairnRun.start(home, name, conf, every)) {
      CairnRun.Stretch stretch = run.measure(WARM_UP, STRETCH);
      long saved = run.checkpoints();
      if ((everyUpdates == EVERY_UPDATES) != (saved > 0)) {
        throw new IllegalStateException(saved + " checkpoints with " + every);
      }
      figures.note(
          "%s: %d updates, the slowest %.0f ms, the median %.0f ms"
              .formatted(
                  every,
                  stretch.steps().size(),
                  stretch.updateMs().stream().mapToDouble(ms -> ms).max().orElse(0),
                  Figures.median(stretch.updateMs())));
      return stretch.examplesPerSecond();
    }
  }
}
