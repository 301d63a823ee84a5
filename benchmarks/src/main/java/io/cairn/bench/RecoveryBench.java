/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * What the kill of an executor costs: from the kill until training is further than it had been,
 * which includes the updates since the last checkpoint, that are computed again.
 */
final class RecoveryBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final int KILLS = 5;
  private static final int UPDATES_BETWEEN = 120;

  @Override
  public String summary() {
    return "from the kill of an executor until training is further than it was";
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
        List<ProcessHandle> executors = run.executors();
        long start = System.nanoTime();
        executors.get(kill % executors.size()).destroyForcibly();
        long again = run.awaitProgressIn(attempt + 1);
        seconds.add((System.nanoTime() - start) / 1e9);
        figures.note(
            "kill %d: %.1f s, %d updates computed again"
                .formatted(kill + 1, seconds.get(kill), again));
      }
    }
    figures.figure("recovery/kill-to-progress", Figures.median(seconds), "s");
    figures.figure(
        "recovery/kill-to-progress-longest",
        seconds.stream().mapToDouble(s -> s).max().orElseThrow(),
        "s");
  }
}
