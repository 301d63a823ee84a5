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
 * <p>The property {@code cairn.bench.cores} names the models, {@code cairn.bench.rounds} how many
 * turns each takes.
 *
 * <p>Threading: one thread.
 */
final class CoresBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final Duration TURN = Duration.ofSeconds(3);

  private static final List<String> MODELS =
      List.of(System.getProperty("cairn.bench.cores", "mlp,lenet,lstm").split(","));

  private static final int ROUNDS = Integer.getInteger("cairn.bench.rounds", 8);

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
      measure(home, Subject.of(model), figures);
    }
  }

  private static void measure(BenchHome home, Subject subject, Figures figures) throws Exception {
    List<Turns.Training> trainings = new ArrayList<>();
    try {
      for (Way way : Way.values()) {
        trainings.add(way.start(home, subject));
        Turns.hold(trainings.get(trainings.size() - 1));
      }
      List<List<Double>> rounds = Turns.take(trainings, WARM_UP, TURN, ROUNDS);
      for (Way way : Way.values()) {
        figures.note(
            "%s %s: %s examples/s"
                .formatted(
                    subject.name(),
                    way.words,
                    rounds.stream().map(round -> "%.0f".formatted(way.of(round))).toList()));
      }
      String name = "cores/" + subject.name();
      figures.figure(
          name + "/over-two-workers", ratio(rounds, Way.TWO_CORES, Way.TWO_WORKERS), "ratio");
      double gain = ratio(rounds, Way.TWO_CORES, Way.ONE_CORE);
      double limit = ratio(rounds, Way.TWO_BARE, Way.BARE);
      figures.figure(name + "/over-one-core", gain, "ratio");
      figures.figure(name + "/limit", limit, "ratio");
      figures.figure(name + "/over-limit", gain / limit, "ratio");
    } finally {
      for (Turns.Training training : trainings) {
        training.close();
      }
    }
  }

  private static double ratio(List<List<Double>> rounds, Way one, Way other) {
    return Figures.median(rounds.stream().map(round -> one.of(round) / other.of(round)).toList());
  }

  /** How the same examples are trained on. */
  private enum Way {
    TWO_CORES("one worker with two cores"),
    ONE_CORE("one worker with one core"),
    TWO_WORKERS("two workers with one core each"),
    BARE("one plain loop"),
    TWO_BARE("two plain loops");

    private final String words;

    Way(String words) {
      this.words = words;
    }

    double of(List<Double> round) {
      return round.get(ordinal());
    }

    Turns.Training start(BenchHome home, Subject subject) throws Exception {
      return switch (this) {
        case TWO_CORES -> cairn(home, subject, 1, 2);
        case ONE_CORE -> cairn(home, subject, 1, 1);
        case TWO_WORKERS -> cairn(home, subject, 2, 1);
        case BARE -> BareLoop.start(home, 1, work(home, subject));
        case TWO_BARE -> BareLoop.start(home, 2, work(home, subject));
      };
    }
  }

  private static CairnRun cairn(BenchHome home, Subject subject, int workers, int cores)
      throws IOException, InterruptedException {
    String name = "cores-%s-%d-%d".formatted(subject.name().replace('/', '-'), workers, cores);
    CairnRun run =
        CairnRun.start(
            home,
            name,
            conf(home, subject, workers),
            "collective.encryption=off",
            "collective.timeout=10m",
            "spark.executor.cores=" + cores);
    try {
      run.awaitFirstUpdate();
      return run;
    } catch (IOException | RuntimeException | InterruptedException e) {
      run.close();
      throw e;
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

  private static BareLoop.Work work(BenchHome home, Subject subject) throws IOException {
    return new BareLoop.Work(
        home.root().resolve("conf/models/" + subject.model()),
        subject.isSequences() ? BareLoop.SEQUENCES : home.images(EXAMPLES).toString(),
        subject.micro(),
        subject.steps());
  }
}
