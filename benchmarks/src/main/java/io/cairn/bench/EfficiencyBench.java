/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
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

  private static final int ROUNDS = 8;

  /** Until the compiler is done: trainings last hours. */
  private static final Duration WARM_UP = Duration.ofSeconds(20);

  private static final Duration TURN = Duration.ofSeconds(3);

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
      measure(home, split, figures);
    }
  }

  private static void measure(BenchHome home, Split split, Figures figures) throws Exception {
    try (Turns.Training bare = BareLoop.start(home, 2, work(home, split))) {
      Turns.hold(bare);
      try (CairnRun plain = cairn(home, split, "off")) {
        Turns.hold(plain);
        try (CairnRun encrypted = cairn(home, split, "on")) {
          List<List<Double>> rounds =
              Turns.take(List.of(bare, plain, encrypted), WARM_UP, TURN, ROUNDS);
          String name = "efficiency/" + split.name();
          figures.figure(name, ratio(rounds, 1, 0), "ratio");
          figures.figure(name + "/bare", median(rounds, 0), "examples/s");
          figures.figure(name + "/cairn", median(rounds, 1), "examples/s");
          List<JsonNode> steps = plain.steps();
          for (String part : List.of("compute", "wait", "reduce", "apply")) {
            figures.figure(name + "/" + part, medianMs(steps, part + "Ms"), "ms");
          }
          figures.figure(name + "/encrypted-over-plain", ratio(rounds, 2, 1), "ratio");
        }
      }
    }
  }

  private static double ratio(List<List<Double>> rounds, int one, int other) {
    return Figures.median(rounds.stream().map(round -> round.get(one) / round.get(other)).toList());
  }

  private static double median(List<List<Double>> rounds, int training) {
    return Figures.median(rounds.stream().map(round -> round.get(training)).toList());
  }

  /** Of the later half; the middle one is none in which the run was held. */
  private static double medianMs(List<JsonNode> steps, String field) {
    return Figures.median(
        steps.subList(steps.size() / 2, steps.size()).stream()
            .map(step -> step.get(field).asDouble())
            .toList());
  }

  private static CairnRun cairn(BenchHome home, Split split, String encryption)
      throws IOException, InterruptedException {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, split.micro(), split.steps());
    String name = "efficiency-%s-%s".formatted(split.name(), encryption);
    CairnRun run =
        CairnRun.start(
            home, name, conf, "collective.encryption=" + encryption, "collective.timeout=10m");
    try {
      run.awaitFirstUpdate();
      return run;
    } catch (IOException | RuntimeException | InterruptedException e) {
      run.close();
      throw e;
    }
  }

  private static BareLoop.Work work(BenchHome home, Split split) throws IOException {
    return new BareLoop.Work(
        home.root().resolve("conf/models/fashion-mlp.json"),
        home.images(EXAMPLES).toString(),
        split.micro(),
        split.steps());
  }
}
