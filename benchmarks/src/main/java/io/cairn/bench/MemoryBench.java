/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Peak resident memory of an executor must not grow with the accumulation steps. */
final class MemoryBench implements Bench.Benchmark {

  private static final int EXAMPLES = 20_000;

  /** Long enough for the whole heap to have been used. */
  private static final Duration TIME = Duration.ofSeconds(75);

  @Override
  public String summary() {
    return "peak resident memory of an executor at 64 steps over 1 step";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    double one = peakMiB(home, 1);
    double many = peakMiB(home, 64);
    figures.figure("memory/steps1", one, "MiB");
    figures.figure("memory/steps64", many, "MiB");
    figures.figure("memory/steps64-over-steps1", many / one, "ratio");
  }

  private static double peakMiB(BenchHome home, int steps)
      throws IOException, InterruptedException {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, 32, steps);
    try (CairnRun run = CairnRun.start(home, "memory-" + steps, conf)) {
      run.measure(Duration.ZERO, TIME);
      return peakMiB(run.executors());
    }
  }

  /** The largest peak among processes. */
  static double peakMiB(List<ProcessHandle> processes) {
    return processes.stream()
            .mapToLong(p -> ProcFile.kibibytes(p.pid(), "VmHWM").orElse(0))
            .max()
            .orElseThrow(() -> new IllegalStateException("no executor found"))
        / 1024.0;
  }
}
