/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What it costs to be seen: the same training with everything on that shows it, over one with
 * nothing but {@code metrics.jsonl}, in turns.
 *
 * <p>Threading: one thread.
 */
final class TelemetryBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final Duration TURN = Duration.ofSeconds(3);
  private static final int ROUNDS = 12;

  @Override
  public String summary() {
    return "training with all that shows it (pages, event log, Prometheus, TensorBoard) over one with none";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    Path events = Files.createDirectories(home.scratch().resolve("events"));
    try (CairnRun none = start(home, "none", List.of("spark.ui.enabled=false"))) {
      Turns.hold(none);
      try (CairnRun all =
          start(
              home,
              "all",
              List.of(
                  "spark.ui.enabled=true",
                  "spark.ui.port=0",
                  "spark.ui.prometheus.enabled=true",
                  "spark.eventLog.enabled=true",
                  "spark.eventLog.dir=" + events.toUri(),
                  "tracking.tensorboard=on"))) {
        List<List<Double>> rounds = Turns.take(List.of(none, all), WARM_UP, TURN, ROUNDS);
        figures.figure(
            "telemetry/all-over-none",
            Figures.median(rounds.stream().map(round -> round.get(1) / round.get(0)).toList()),
            "ratio");
      }
    }
  }

  private static CairnRun start(BenchHome home, String name, List<String> more)
      throws IOException, InterruptedException {
    List<String> settings = new ArrayList<>(List.of("collective.timeout=10m"));
    settings.addAll(more);
    CairnRun run =
        CairnRun.start(
            home,
            "telemetry-" + name,
            CairnRun.mlp(home, EXAMPLES, 2, 32, 8),
            settings.toArray(String[]::new));
    try {
      run.awaitFirstUpdate();
      return run;
    } catch (IOException | RuntimeException | InterruptedException e) {
      run.close();
      throw e;
    }
  }
}
