/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.time.Duration;

/**
 * A transformer from an ONNX file is fine-tuned on two executors, and the same one by PyTorch's
 * DistributedDataParallel with no_sync: what {@code peers} ends with.
 */
final class FineTuningBench implements Bench.Benchmark {

  private static final Duration WARM_UP = Duration.ofSeconds(25);
  private static final int STEPS = 4;

  @Override
  public String summary() {
    return "a BERT from ONNX against PyTorch DDP, as in peers (python3 with torch and onnx)";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws IOException, InterruptedException {
    if (!PeersBench.hasTorch()) {
      throw new BenchSkippedException("python3 has no torch");
    }
    for (Transformer transformer : Transformer.chosen()) {
      measure(home, figures, transformer);
    }
  }

  /** The micro-batch of a large model is small. */
  private static void measure(BenchHome home, Figures figures, Transformer transformer)
      throws IOException, InterruptedException {
    boolean large = transformer == Transformer.BASE;
    int micro = large ? 4 : 16;
    String model = "bert-" + transformer.size();
    String name = model + "/" + micro + "x" + STEPS;
    double ours;
    try (CairnRun run =
        CairnRun.start(home, "peers-" + model, transformer.settings(home, micro, STEPS))) {
      ours = run.measure(WARM_UP, Duration.ofSeconds(large ? 120 : 12)).examplesPerSecond();
    }
    figures.figure("peers/cairn/" + name, ours, "examples/s");
    PeersBench.torch(home, figures, name, ours, model, micro, STEPS);
  }
}
