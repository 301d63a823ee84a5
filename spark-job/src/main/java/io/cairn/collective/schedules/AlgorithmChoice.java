/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

import io.cairn.collective.Precision;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Decides which algorithm a sum takes. The choice depends only on what all ranks know, so all ranks
 * choose the same one.
 *
 * <p>Sums that go by doubling are exact, whatever {@link Precision} they have. There are two
 * reasons. Their time depends on the number of messages and not on their length. And in doubling,
 * two pairs of ranks may exchange the same partial sums, so what rounding leaves over of such a sum
 * would be kept twice.
 *
 * <p>Threading: immutable.
 */
@FunctionalInterface
public interface AlgorithmChoice {

  /**
   * The bytes that a connection carries in the time that one message takes to get through at all:
   * latency times bandwidth. Measured on loopback; a network of 50 us and 1 GB/s has about the
   * same.
   */
  long LATENCY_BYTES = 64 * 1024;

  /** Adding received bytes takes this part of the time of moving them. */
  double ADDING = 0.25;

  /** The way for a buffer of {@code sizeBytes} among {@code worldSize} ranks, at least 2. */
  Algorithm of(int sizeBytes, int worldSize);

  /**
   * The cheaper one, where a round costs its latency and its bytes, moved and added. For W ranks
   * and a buffer of n bytes:
   *
   * <pre>
   *   ring       2(W-1) rounds, each of n/W; half of them add
   *   doubling   log2 W rounds, each of n and added; two more where W is no power of two
   * </pre>
   */
  static AlgorithmChoice cheapest() {
    return (sizeBytes, worldSize) ->
        doublingCost(sizeBytes, worldSize) <= ringCost(sizeBytes, worldSize)
            ? Algorithm.DOUBLING
            : Algorithm.RING;
  }

  /** Always the same one. */
  static AlgorithmChoice always(Algorithm algorithm) {
    return (sizeBytes, worldSize) -> algorithm;
  }

  /** The positions that send to {@code position}, whatever is chosen later. */
  static SortedSet<Integer> sources(int worldSize, int position) {
    SortedSet<Integer> sources = new TreeSet<>();
    for (Algorithm algorithm : Algorithm.values()) {
      sources.addAll(algorithm.sources(worldSize, position));
    }
    return sources;
  }

  /** The positions that {@code position} sends to, whatever is chosen later. */
  static SortedSet<Integer> targets(int worldSize, int position) {
    SortedSet<Integer> targets = new TreeSet<>();
    for (Algorithm algorithm : Algorithm.values()) {
      targets.addAll(algorithm.targets(worldSize, position));
    }
    return targets;
  }

  private static double ringCost(int sizeBytes, int worldSize) {
    double part = (double) sizeBytes / worldSize;
    return 2 * (worldSize - 1) * (LATENCY_BYTES + part) + (worldSize - 1) * part * ADDING;
  }

  private static double doublingCost(int sizeBytes, int worldSize) {
    int rounds = DoublingSchedule.depth(worldSize);
    return rounds * (LATENCY_BYTES + sizeBytes * (1 + ADDING));
  }
}
