/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.RankMetrics;
import io.cairn.telemetry.RankMetrics.RankOnHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Adds up what each rank did, and finds ranks that are slow: all others wait for them in every
 * update.
 *
 * <p>Threading: one thread.
 */
final class RankTimes {

  /** A record of the ranks' times every so often: enough to see when a host became slow. */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  /** A rank that takes so many times as long as the median of the others is slow. */
  private static final double SLOW = 1.5;

  /** Less is no matter. */
  private static final double LEAST_MILLISECONDS = 1;

  /** Intervals in a row that it must be slow, for one may be a collection or a full disk. */
  private static final int SLOW_INTERVALS = 2;

  private final List<String> hosts;
  private final LongSupplier nanoTime;
  private final RankLoad[] sums;
  private final int[] slowIntervals;
  private final Set<Integer> told = new TreeSet<>();
  private long updates;
  private long sinceNanos;

  /**
   * @param hosts where each rank is
   * @param nanoTime what time it is
   */
  RankTimes(List<String> hosts, LongSupplier nanoTime) {
    this.hosts = List.copyOf(hosts);
    this.nanoTime = nanoTime;
    this.sums = new RankLoad[hosts.size()];
    Arrays.fill(sums, RankLoad.NONE);
    this.slowIntervals = new int[hosts.size()];
    this.sinceNanos = nanoTime.getAsLong();
  }

  /**
   * Takes an update's. One in which some rank had no examples, as the last of an epoch may be, says
   * nothing of how fast the ranks are, and only what they did before it counts.
   */
  void take(List<RankLoad> loads) {
    boolean isTelling = loads.stream().allMatch(load -> load.computeNanos() > 0);
    for (int rank = 0; rank < loads.size(); rank++) {
      RankLoad load = loads.get(rank);
      sums[rank] = sums[rank].plus(isTelling ? load : new RankLoad(0, 0, 0, load.since()));
    }
    updates += isTelling ? 1 : 0;
  }

  /** The means of the interval, if it is over; then the next one begins. */
  Optional<RankMetrics> next() {
    if (updates == 0 || nanoTime.getAsLong() - sinceNanos < INTERVAL.toNanos()) {
      return Optional.empty();
    }
    List<RankOnHost> means = new ArrayList<>();
    for (int rank = 0; rank < hosts.size(); rank++) {
      means.add(new RankOnHost(hosts.get(rank), sums[rank].over(updates)));
    }
    Arrays.fill(sums, RankLoad.NONE);
    updates = 0;
    sinceNanos = nanoTime.getAsLong();
    return Optional.of(new RankMetrics(means, slow(means)));
  }

  private List<Integer> slow(List<RankOnHost> means) {
    RankMetrics metrics = new RankMetrics(means, List.of());
    List<Integer> slow = new ArrayList<>();
    for (int rank = 0; rank < means.size(); rank++) {
      double others = metrics.medianOfOthers(rank);
      boolean isSlow =
          means.get(rank).milliseconds() > Math.max(SLOW * others, others + LEAST_MILLISECONDS);
      slowIntervals[rank] = isSlow ? slowIntervals[rank] + 1 : 0;
      if (slowIntervals[rank] >= SLOW_INTERVALS) {
        slow.add(rank);
      }
    }
    return slow;
  }

  /** A sentence about each rank that has become slow, once. */
  List<String> news(RankMetrics means) {
    return means.slow().stream().filter(told::add).map(means::slowness).toList();
  }
}
