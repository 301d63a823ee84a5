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
 * What a second core brings to a worker. The same effective batch is trained by one worker with two
 * cores, by one with one core, and by two workers with one core each. Beside it stands what two
 * plain Deeplearning4j processes reach over one: the machine itself does not give twice as much.
 *
 * <p>The property {@code cairn.bench.cores} names the models, {@code cairn.bench.rounds} how often
 * each is measured.
 *
 * <p>Threading: one thread.
 */
final class CoresBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final Duration STRETCH = Duration.ofSeconds(10);

  private static final List<String> MODELS =
      List.of(System.getProperty("cairn.bench.cores", "mlp,lenet,lstm").split(","));

  private static final int ROUNDS = Integer.getInteger("cairn.bench.rounds", 3);

  /** A model, its data, and how an update of one worker is split. */
  private record Subject(String name, String model, int micro, int steps) {

    static Subject of(String name) {
      return switch (name) {
        case "mlp" -> new Subject("mlp/32x8", "fashion-mlp.json", 32, 8);
        case "lenet" -> new Subject("lenet/32x8", "fashion-lenet.json", 32, 8);
        case "lstm" -> new Subject("lstm/32x8", "digits-lstm.json", 32, 8);
        default ->
            throw new IllegalStateException("cairn.bench.cores: mlp, lenet or lstm: " + name);
      };
    }

    boolean isSequences() {
      return name.startsWith("lstm");
    }
  }

  @Override
  public String summary() {
    return "one worker with two cores over one with one, and over two workers with one core each";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    for (String model : MODELS) {
      Subject subject = Subject.of(model);
      List<Double> overTwoWorkers = new ArrayList<>();
      List<Double> overOneCore = new ArrayList<>();
      List<Double> limits = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        double twoCores = cairn(home, subject, 1, 2, round);
        double oneCore = cairn(home, subject, 1, 1, round);
        double twoWorkers = cairn(home, subject, 2, 1, round);
        double bare = bareLoops(home, subject, 1);
        double twoBare = bareLoops(home, subject, 2);
        overTwoWorkers.add(twoCores / twoWorkers);
        overOneCore.add(twoCores / oneCore);
        limits.add(twoBare / bare);
        figures.note(
            "%s round %d: one worker %.0f with two cores, %.0f with one; two workers %.0f; plain %.0f and %.0f examples/s"
                .formatted(
                    subject.name(), round + 1, twoCores, oneCore, twoWorkers, bare, twoBare));
      }
      String name = "cores/" + subject.name();
      double gain = Figures.median(overOneCore);
      double limit = Figures.median(limits);
      figures.figure(name + "/over-two-workers", Figures.median(overTwoWorkers), "ratio");
      figures.figure(name + "/over-one-core", gain, "ratio");
      figures.figure(name + "/limit", limit, "ratio");
      figures.figure(name + "/over-limit", gain / limit, "ratio");
    }
  }

  private static double cairn(BenchHome home, Subject subject, int workers, int cores, int round)
      throws IOException, InterruptedException {
    String name =
        "cores-%s-%d-%d-%d".formatted(subject.name().replace('/', '-'), workers, cores, round);
    try (CairnRun run =
        CairnRun.start(
            home,
            name,
            conf(home, subject, workers),
            "collective.encryption=off",
            "spark.executor.cores=" + cores)) {
      return run.measure(WARM_UP, STRETCH).examplesPerSecond();
    }
  }

  private static String conf(BenchHome home, Subject subject, int workers) throws IOException {
    String data =
        subject.isSequences()
            ? """
            train {
              path = "%s", format = csv, options { header = true, inferSchema = true }
              query = "SELECT digit, array(%s) AS rows FROM data"
            }
            inputs = [{ columns = rows, shape = [8], max-steps = 8, scale = 1/16 }]
            outputs = [{ columns = digit, classes = 10 }]
            """
                .formatted(home.root().resolve("conf/data/digits.csv"), rows())
            : """
            train { path = "%s", format = idx }
            classes = 10
            scale = 1/255
            """
                .formatted(home.images(EXAMPLES));
    return """
    name = bench
    seed = 1
    model.source = "%s"
    data { %s }
    batch { workers = %d, micro = %d, steps = %d }
    train { updates = 10000000 }
    """
        .formatted(
            home.root().resolve("conf/models/" + subject.model()),
            data,
            workers,
            subject.micro(),
            subject.steps() / workers);
  }

  private static String rows() {
    List<String> rows = new ArrayList<>();
    for (int row = 0; row < 8; row++) {
      List<String> pixels = new ArrayList<>();
      for (int column = 0; column < 8; column++) {
        pixels.add("pixel_%02d".formatted(8 * row + column));
      }
      rows.add("array(" + String.join(", ", pixels) + ")");
    }
    return String.join(", ", rows);
  }

  /** At the same time, as executors would; the sum of their figures. */
  private static double bareLoops(BenchHome home, Subject subject, int processes)
      throws IOException {
    String data = subject.isSequences() ? BareLoop.SEQUENCES : home.images(EXAMPLES).toString();
    return BareLoop.together(
        home,
        processes,
        home.root().resolve("conf/models/" + subject.model()),
        data,
        new BareLoop.Work(subject.micro(), subject.steps(), WARM_UP, STRETCH));
  }
}
