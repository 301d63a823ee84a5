/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * How long training stands still when an executor is killed: from the kill to the first update
 * after the checkpoint that the next attempt goes on from. Updates that are computed again come on
 * top.
 */
final class RecoveryBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final int KILLS = 5;
  private static final int UPDATES_BETWEEN = 120;

  @Override
  public String summary() {
    return "from the kill of an executor to the next attempt's first update";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, 32, 8);
    List<Double> seconds = new ArrayList<>();
    try (CairnRun run = CairnRun.start(home, "recovery", conf, "checkpoint.every-updates=50")) {
      run.awaitFirstUpdate();
      for (int kill = 0; kill < KILLS; kill++) {
        run.awaitMore(UPDATES_BETWEEN);
        int attempt = run.status().get("attempt").asInt();
        Object metrics = run.metricsFile();
        List<ProcessHandle> executors = run.executors();
        long start = System.nanoTime();
        executors.get(kill % executors.size()).destroyForcibly();
        run.awaitTrainingIn(attempt + 1, metrics);
        seconds.add((System.nanoTime() - start) / 1e9);
        figures.note("kill %d: %.1f s".formatted(kill + 1, seconds.get(kill)));
      }
    }
    figures.figure("recovery/kill-to-update", Figures.median(seconds), "s");
    figures.figure(
        "recovery/kill-to-update-longest",
        seconds.stream().mapToDouble(s -> s).max().orElseThrow(),
        "s");
  }
}
