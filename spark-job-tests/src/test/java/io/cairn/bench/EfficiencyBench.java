/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What Cairn's machinery costs: training on two executors of one core each over two {@link
 * BareLoop}s on the same cores, in turn. The wait, reduce and apply times make up the rest.
 */
final class EfficiencyBench implements Bench.Benchmark {

  private static final int EXAMPLES = 20_000;
  private static final int ROUNDS = 3;
  private static final Duration WARM_UP = Duration.ofSeconds(12);
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
        CairnRun.Stretch ours = cairn(home, split, round);
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
    }
  }

  private static CairnRun.Stretch cairn(BenchHome home, Split split, int round)
      throws IOException, InterruptedException {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, split.micro(), split.steps());
    try (CairnRun run = CairnRun.start(home, "efficiency-" + split.name() + "-" + round, conf)) {
      return run.measure(WARM_UP, STRETCH);
    }
  }

  /** Two at the same time, as two executors would; the sum of their figures. */
  static double bareLoops(BenchHome home, int micro, int steps) throws IOException {
    return bareLoops(home, new Split(micro, steps));
  }

  private static double bareLoops(BenchHome home, Split split) throws IOException {
    List<Process> loops = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ProcessBuilder builder =
          new ProcessBuilder(
              home.javaCommand(
                  BareLoop.class,
                  home.root().resolve("conf/models/fashion-mlp.json").toString(),
                  String.valueOf(split.micro()),
                  String.valueOf(split.steps()),
                  String.valueOf(WARM_UP.toSeconds()),
                  String.valueOf(STRETCH.toSeconds())));
      builder.environment().put("OMP_NUM_THREADS", "1");
      loops.add(builder.redirectError(ProcessBuilder.Redirect.DISCARD).start());
    }
    double sum = 0;
    for (Process loop : loops) {
      String said =
          new String(loop.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      sum += Double.parseDouble(said.substring(said.lastIndexOf('\n') + 1));
    }
    return sum;
  }
}
