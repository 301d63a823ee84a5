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
 * What Cairn's machinery costs: training on two executors of one core each over two {@link
 * BareLoop}s on the same cores, in turn. The wait, reduce and apply times make up the rest.
 */
final class EfficiencyBench implements Bench.Benchmark {

  /**
   * A rank's half is as many examples as a bare loop has ready, and whole windows of each split.
   */
  private static final int EXAMPLES = 16_384;

  private static final int ROUNDS = 3;

  /** Until the compiler is done: trainings last hours. */
  private static final Duration WARM_UP = Duration.ofSeconds(30);

  private static final Duration STRETCH = Duration.ofSeconds(12);

  private record Split(int micro, int steps) {
    String name() {
      return micro + "x" + steps;
    }
  }

  private static final List<Split> SPLITS = List.of(new Split(32, 8), new Split(128, 32));

  @Override
  public String summary() {
    return "training on two executors over two bare DL4J loops on the same cores";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    for (Split split : SPLITS) {
      List<Double> ratios = new ArrayList<>();
      List<Double> bares = new ArrayList<>();
      List<CairnRun.Stretch> stretches = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        double bare = bareLoops(home, split);
        CairnRun.Stretch ours = cairn(home, split, "off", round);
        bares.add(bare);
        stretches.add(ours);
        ratios.add(ours.examplesPerSecond() / bare);
        figures.note(
            "%s round %d: bare %.0f, cairn %.0f examples/s"
                .formatted(split.name(), round + 1, bare, ours.examplesPerSecond()));
      }
      String name = "efficiency/" + split.name();
      figures.figure(name, Figures.median(ratios), "ratio");
      figures.figure(name + "/bare", Figures.median(bares), "examples/s");
      figures.figure(
          name + "/cairn",
          Figures.median(stretches.stream().map(s -> s.examplesPerSecond()).toList()),
          "examples/s");
      for (String part : List.of("compute", "wait", "reduce", "apply")) {
        figures.figure(
            name + "/" + part,
            Figures.median(stretches.stream().map(s -> s.meanMs(part + "Ms")).toList()),
            "ms");
      }
      CairnRun.Stretch encrypted = cairn(home, split, "on", 0);
      figures.figure(
          name + "/encrypted-over-plain",
          encrypted.examplesPerSecond()
              / Figures.median(stretches.stream().map(s -> s.examplesPerSecond()).toList()),
          "ratio");
    }
  }

  private static CairnRun.Stretch cairn(BenchHome home, Split split, String encryption, int round)
      throws IOException, InterruptedException {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, split.micro(), split.steps());
    String name = "efficiency-%s-%s-%d".formatted(split.name(), encryption, round);
    try (CairnRun run = CairnRun.start(home, name, conf, "collective.encryption=" + encryption)) {
      return run.measure(WARM_UP, STRETCH);
    }
  }

  /** Two at the same time, as two executors would; the sum of their figures. */
  private static double bareLoops(BenchHome home, Split split) throws IOException {
    return BareLoop.together(
        home,
        2,
        home.root().resolve("conf/models/fashion-mlp.json"),
        home.images(EXAMPLES).toString(),
        new BareLoop.Work(split.micro(), split.steps(), WARM_UP, STRETCH));
  }
}
