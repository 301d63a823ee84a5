/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.bench.Contestant.Took;
import io.cairn.collective.Algorithm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Both ways of the all-reduce at every size, over plain connections: what the constants of {@code
 * AlgorithmChoice} are measured with.
 */
final class CollectiveChoiceBench implements Bench.Benchmark {

  private static final int[] WORLD_SIZES = {2, 3, 4};
  private static final int SMALLEST_BYTES = 1 << 10;
  private static final int LARGEST_BYTES = 16 << 20;

  @Override
  public String summary() {
    return "the all-reduce by ring and by doubling, from 1 KB to 16 MB";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    for (int bytes = SMALLEST_BYTES; bytes <= LARGEST_BYTES; bytes *= 4) {
      sizes.put(bytes < 1 << 20 ? (bytes >> 10) + "KB" : (bytes >> 20) + "MB", bytes);
    }
    for (int worldSize : WORLD_SIZES) {
      Map<String, List<ProcessBuilder>> all = new LinkedHashMap<>();
      for (Algorithm algorithm : Algorithm.values()) {
        all.put(
            algorithm.name(),
            CollectiveBench.ranks(home, worldSize, ReduceRank.Way.PLAIN, algorithm.name()));
      }
      CollectiveBench.takeTurns(all, sizes)
          .forEach((size, took) -> print(figures, "n" + worldSize + "/" + size, took));
    }
  }

  private static void print(Figures figures, String at, Map<String, Took> took) {
    took.forEach(
        (name, figure) ->
            figures.figure(
                "collective-choice/" + name.toLowerCase(Locale.ROOT) + "/" + at + "/ms",
                figure.nanos() / 1e6,
                "ms"));
    double ratio =
        took.get(Algorithm.RING.name()).nanos() / took.get(Algorithm.DOUBLING.name()).nanos();
    figures.figure("collective-choice/" + at + "/doubling-over-ring", ratio, "ratio");
  }
}
