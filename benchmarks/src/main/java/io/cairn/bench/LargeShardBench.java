/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.time.Duration;

/**
 * A shard of 4 GB trains in an executor with 1 GB of heap: it lives in a mapped file. Takes minutes
 * and 10 GB of disk.
 */
final class LargeShardBench implements Bench.Benchmark {

  /** 4 GiB of float32 records of 784 features and a class. */
  private static final int EXAMPLES = (int) ((4L << 30) / (785 * 4)) + 1;

  @Override
  public String summary() {
    return "a 4 GB shard in an executor with 1 GB of heap (minutes, 10 GB of disk)";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    String conf = CairnRun.mlp(home, EXAMPLES, 1, 512, 64);
    long start = System.nanoTime();
    try (CairnRun run =
        CairnRun.start(home, "large-shard", conf, "spark.spark.executor.memory=1g")) {
      run.awaitFirstUpdate();
      figures.figure("large-shard/start", (System.nanoTime() - start) / 1e9, "s");
      var stretch = run.measure(Duration.ofSeconds(5), Duration.ofSeconds(20));
      figures.figure("large-shard/speed", stretch.examplesPerSecond(), "examples/s");
      figures.figure("large-shard/peak", MemoryBench.peakMiB(run.executors()), "MiB");
    }
  }
}
