/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What each rank did, on average over the updates since that was measured before.
 *
 * @param ranks by rank
 * @param slow ranks that all others have been waiting for, for some time
 */
public record RankMetrics(List<RankOnHost> ranks, List<Integer> slow) {
  public RankMetrics {
    ranks = List.copyOf(ranks);
    slow = List.copyOf(slow);
  }

  /**
   * A rank.
   *
   * @param host its host's address
   * @param load a mean, but for the memory
   */
  public record RankOnHost(String host, RankLoad load) {

    /** What its passes took, waiting for data included. */
    public double milliseconds() {
      return (load.computeNanos() + load.fetchNanos()) / 1e6;
    }
  }

  /** The median of what the passes of the other ranks took; infinite where there are no others. */
  public double medianOfOthers(int rank) {
    double[] others =
        IntStream.range(0, ranks.size())
            .filter(other -> other != rank)
            .mapToDouble(other -> ranks.get(other).milliseconds())
            .sorted()
            .toArray();
    return others.length == 0
        ? Double.POSITIVE_INFINITY
        : (others[(others.length - 1) / 2] + others[others.length / 2]) / 2;
  }

  /** A sentence about a slow rank. */
  public String slowness(int rank) {
    return String.format(
        Locale.ROOT,
        "rank %d on %s is slow: its passes take %.1f ms an update, those of the others %.1f ms (median); all wait for it",
        rank,
        ranks.get(rank).host(),
        ranks.get(rank).milliseconds(),
        medianOfOthers(rank));
  }
}
