/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.bench.Contestant.Took;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The all-reduce between processes on this machine, over connections, encrypted ones and shared
 * memory, against Gloo through torch.distributed where python3 has torch, and against what two
 * plain streams carry. They take turns, size by size and round by round; figures are medians over
 * the rounds.
 */
final class CollectiveBench implements Bench.Benchmark {

  private static final int[] WORLD_SIZES = {2, 4};
  private static final int ROUNDS = 9;
  private static final int LEAST_OPERATIONS = 3;
  private static final int MOST_OPERATIONS = 200;
  private static final int BYTES_A_TURN = 96 << 20;

  /**
   * What a training all-reduces: counts, small and large models. 2.1 MB: the MLP of the examples.
   */
  private static final Map<String, Integer> SIZES = new LinkedHashMap<>();

  static {
    SIZES.put("1KB", 1 << 10);
    SIZES.put("64KB", 64 << 10);
    SIZES.put("1MB", 1 << 20);
    SIZES.put("2.1MB", 4 * 535_818);
    SIZES.put("16MB", 16 << 20);
    SIZES.put("100MB", 100 << 20);
  }

  /** Which of them: their names with commas between, for a quick look. Absent: all. */
  private static final String CHOSEN_SIZES = "cairn.bench.sizes";

  private static final String GLOO = "gloo";
  private static final String PLAIN = "plain";
  private static final String STREAMS = "two-streams";

  @Override
  public String summary() {
    return "the all-reduce, plain, encrypted and in shared memory, against Gloo and bare streams";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    Map<String, Integer> sizes = chosenSizes();
    boolean gloo = PeersBench.hasTorch();
    if (!gloo) {
      figures.note("collective/.../over-gloo left out: python3 has no torch");
    }
    for (int worldSize : WORLD_SIZES) {
      Map<String, List<ProcessBuilder>> all = new LinkedHashMap<>();
      all.put(PLAIN, ranks(home, worldSize, ReduceRank.Way.PLAIN, "CHEAPEST"));
      all.put("tls", ranks(home, worldSize, ReduceRank.Way.TLS, "CHEAPEST"));
      all.put("shared-memory", ranks(home, worldSize, ReduceRank.Way.SHARED_MEMORY, "CHEAPEST"));
      if (worldSize == 2) {
        all.put(STREAMS, streams(home));
      }
      if (gloo) {
        all.put(GLOO, gloo(home, worldSize));
      }
      for (Map.Entry<String, Map<String, Took>> size : takeTurns(all, sizes).entrySet()) {
        print(figures, "n" + worldSize + "/" + size.getKey(), size.getKey(), size.getValue());
      }
    }
  }

  private static Map<String, Integer> chosenSizes() {
    String chosen = System.getProperty(CHOSEN_SIZES);
    if (chosen == null) {
      return SIZES;
    }
    Map<String, Integer> sizes = new LinkedHashMap<>();
    for (String name : chosen.split(",")) {
      if (!SIZES.containsKey(name)) {
        throw new IllegalStateException(
            "%s = %s: no such size as %s; there are %s"
                .formatted(CHOSEN_SIZES, chosen, name, String.join(",", SIZES.keySet())));
      }
      sizes.put(name, SIZES.get(name));
    }
    return sizes;
  }

  private static void print(Figures figures, String at, String size, Map<String, Took> took) {
    double plain = took.get(PLAIN).nanos();
    took.forEach(
        (name, figure) -> {
          String line = "collective/" + name + "/" + at;
          figures.figure(line + "/ms", figure.nanos() / 1e6, "ms");
          double cpuNanosPerByte = figure.cpuNanos() / SIZES.get(size);
          figures.figure(line + "/cpu-ns-per-byte", cpuNanosPerByte, "ns");
          if (name.equals(STREAMS) || name.equals(GLOO)) {
            return;
          }
          if (took.containsKey(GLOO)) {
            figures.figure(line + "/over-gloo", took.get(GLOO).nanos() / figure.nanos(), "ratio");
          }
          if (!name.equals(PLAIN)) {
            figures.figure(line + "/over-plain", plain / figure.nanos(), "ratio");
          } else if (took.containsKey(STREAMS)) {
            double streams = took.get(STREAMS).nanos();
            figures.figure(line + "/over-two-streams", streams / figure.nanos(), "ratio");
          }
        });
  }

  /** Lets all contestants do all sizes in turn; by size and contestant, medians over the rounds. */
  static Map<String, Map<String, Took>> takeTurns(
      Map<String, List<ProcessBuilder>> all, Map<String, Integer> sizes) throws IOException {
    Map<String, Contestant> contestants = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, List<ProcessBuilder>> one : all.entrySet()) {
        contestants.put(one.getKey(), new Contestant(one.getValue()));
      }
      Map<String, Map<String, Took>> medians = new LinkedHashMap<>();
      for (Map.Entry<String, Integer> size : sizes.entrySet()) {
        medians.put(size.getKey(), medians(contestants, size.getValue()));
      }
      return medians;
    } finally {
      for (Contestant contestant : contestants.values()) {
        contestant.close();
      }
    }
  }

  private static Map<String, Took> medians(Map<String, Contestant> contestants, int bytes)
      throws IOException {
    int count = Math.max(LEAST_OPERATIONS, Math.min(MOST_OPERATIONS, BYTES_A_TURN / bytes));
    Map<String, List<Took>> rounds = new LinkedHashMap<>();
    for (int round = -1; round < ROUNDS; round++) {
      for (Map.Entry<String, Contestant> one : contestants.entrySet()) {
        // The first round is for the compilers.
        Took took = one.getValue().run(bytes, round < 0 ? 4 * count : count);
        if (round >= 0) {
          rounds.computeIfAbsent(one.getKey(), name -> new ArrayList<>()).add(took);
        }
      }
    }
    Map<String, Took> medians = new LinkedHashMap<>();
    rounds.forEach(
        (name, took) ->
            medians.put(
                name,
                new Took(
                    Figures.median(took.stream().map(Took::nanos).toList()),
                    Figures.median(took.stream().map(Took::cpuNanos).toList()))));
    return medians;
  }

  static List<ProcessBuilder> ranks(
      BenchHome home, int worldSize, ReduceRank.Way way, String algorithm) {
    List<ProcessBuilder> ranks = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      ranks.add(java(home, ReduceRank.class, Integer.toString(rank), way.name(), algorithm));
    }
    return ranks;
  }

  private static List<ProcessBuilder> streams(BenchHome home) {
    return List.of(java(home, StreamEnd.class, "0"), java(home, StreamEnd.class, "1"));
  }

  private static ProcessBuilder java(BenchHome home, Class<?> main, String... arguments) {
    List<String> options = List.of("-Xmx256m", "-XX:+UseParallelGC", "-XX:ParallelGCThreads=1");
    return new ProcessBuilder(home.javaCommand(options, main, arguments));
  }

  private static List<ProcessBuilder> gloo(BenchHome home, int worldSize) throws IOException {
    Path script = home.root().resolve("benchmarks/src/main/python/allreduce.py");
    String port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = Integer.toString(free.getLocalPort());
    }
    List<ProcessBuilder> ranks = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      ProcessBuilder builder =
          new ProcessBuilder(
              "python3",
              script.toString(),
              Integer.toString(rank),
              Integer.toString(worldSize),
              port);
      builder.environment().put("OMP_NUM_THREADS", "1");
      ranks.add(builder);
    }
    return ranks;
  }
}
