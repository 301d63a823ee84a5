/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the named benchmarks one after the other. */
public final class Bench {

  private static final Map<String, Benchmark> ALL = new LinkedHashMap<>();

  static {
    ALL.put("efficiency", new EfficiencyBench());
    ALL.put("cores", new CoresBench());
    ALL.put("peers", new PeersBench());
    ALL.put("fine-tuning", new FineTuningBench());
    ALL.put("transformer", new TransformerBench());
    ALL.put("ml", new MlBench());
    ALL.put("first-update", new FirstUpdateBench());
    ALL.put("score", new ScoreBench());
    ALL.put("start", new StartBench());
    ALL.put("memory", new MemoryBench());
    ALL.put("sizing", new SizingBench());
    ALL.put("collective", new CollectiveBench());
    ALL.put("collective-choice", new CollectiveChoiceBench());
    ALL.put("pieces", new PiecesBench());
    ALL.put("helpers", new HelpersBench());
    ALL.put("recovery", new RecoveryBench());
    ALL.put("durability", new DurabilityBench());
    ALL.put("telemetry", new TelemetryBench());
    ALL.put("large-shard", new LargeShardBench());
    ALL.put("fashion-mnist", new FashionMnistBench());
    ALL.put("data", new DataBench(1_000_000));
  }

  private Bench() {}

  /** One subject. */
  interface Benchmark {
    /** What it measures, for the list of names. */
    String summary();

    /** Measures and prints. */
    void run(BenchHome home, Figures figures) throws Exception;
  }

  /** Exits 2 for a name that is none, else 0: figures are for people to judge. */
  public static void main(String[] names) throws Exception {
    for (String name : names) {
      if (name.matches("data:\\d{1,9}")) {
        ALL.put(name, new DataBench(Integer.parseInt(name.substring("data:".length()))));
      }
    }
    List<String> unknown = List.of(names).stream().filter(n -> !ALL.containsKey(n)).toList();
    if (names.length == 0 || !unknown.isEmpty()) {
      System.err.println(
          (unknown.isEmpty() ? "" : "no such benchmark: " + String.join(", ", unknown) + "\n")
              + "usage: deploy/local/bench NAME...");
      ALL.forEach((name, bench) -> System.err.printf("  %-17s %s%n", name, bench.summary()));
      System.exit(2);
    }
    Figures figures = new Figures(System.out, System.err);
    try (BenchHome home = BenchHome.open()) {
      for (String name : names) {
        try {
          ALL.get(name).run(home, figures);
        } catch (BenchSkippedException e) {
          figures.note(name + " left out: " + e.getMessage());
        } catch (IllegalStateException | IOException e) {
          figures.note(name + " failed: " + e.getMessage());
        }
      }
    }
  }
}
