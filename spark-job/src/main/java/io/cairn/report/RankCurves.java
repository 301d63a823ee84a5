/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.RankMetrics;
import io.cairn.telemetry.RankMetrics.RankOnHost;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * What each rank's passes and checkpoints took over a run, thinned: whenever there are too many
 * records, each two neighbours become their mean.
 *
 * <p>Threading: one thread.
 */
final class RankCurves {

  /** Even. */
  static final int MOST_RECORDS = 200;

  /** A picture has no room for more lines; the slowest are those that matter. */
  static final int MOST_RANKS = 12;

  private final List<Point> records = new ArrayList<>();

  /**
   * A record and what had been done by then.
   *
   * @param update the last of those that it is about
   * @param examples all updates' together
   * @param seconds that training took
   */
  private record Point(RankMetrics metrics, long update, long examples, double seconds) {}

  void add(RankMetrics metrics, long update, long examples, double seconds) {
    // Another attempt may have another number of ranks: a mean over both would be of neither.
    if (!records.isEmpty()
        && records.get(records.size() - 1).metrics().ranks().size() != metrics.ranks().size()) {
      records.clear();
    }
    if (records.size() == MOST_RECORDS) {
      join();
    }
    records.add(new Point(metrics, update, examples, seconds));
  }

  private void join() {
    for (int i = 0; i < MOST_RECORDS / 2; i++) {
      Point second = records.get(2 * i + 1);
      RankMetrics mean = mean(List.of(records.get(2 * i), second));
      records.set(i, new Point(mean, second.update(), second.examples(), second.seconds()));
    }
    records.subList(MOST_RECORDS / 2, MOST_RECORDS).clear();
  }

  /** The mean of some, at the last one's update, where the last one's ranks are. */
  private static RankMetrics mean(List<Point> some) {
    RankMetrics last = some.get(some.size() - 1).metrics();
    List<RankOnHost> means = new ArrayList<>();
    for (int rank = 0; rank < last.ranks().size(); rank++) {
      int each = rank;
      means.add(
          new RankOnHost(
              last.ranks().get(rank).host(),
              new RankLoad(
                  mean(some, each, RankLoad::computeNanos),
                  mean(some, each, RankLoad::fetchNanos),
                  some.stream().mapToLong(it -> load(it, each).residentBytes()).max().orElse(0),
                  mean(some, each, RankLoad::checkpointNanos))));
    }
    return new RankMetrics(means, last.slow());
  }

  private static long mean(List<Point> some, int rank, ToLongFunction<RankLoad> part) {
    return (long)
        some.stream().mapToLong(it -> part.applyAsLong(load(it, rank))).average().orElse(0);
  }

  private static RankLoad load(Point of, int rank) {
    return of.metrics().ranks().get(rank).load();
  }

  /** As the page wants it: the mean of each rank, and the slowest ranks' curves. */
  Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("update", records.stream().map(Point::update).toList());
    data.put("examples", records.stream().map(Point::examples).toList());
    data.put("seconds", records.stream().map(Point::seconds).toList());
    List<Map<String, Object>> curves = new ArrayList<>();
    List<Map<String, Object>> means = new ArrayList<>();
    if (!records.isEmpty()) {
      List<RankOnHost> all = mean(records).ranks();
      for (int rank = 0; rank < all.size(); rank++) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("rank", rank);
        row.put("host", all.get(rank).host());
        row.put("computeMs", all.get(rank).load().computeNanos() / 1e6);
        row.put("fetchMs", all.get(rank).load().fetchNanos() / 1e6);
        row.put("checkpointMs", all.get(rank).load().checkpointNanos() / 1e6);
        row.put("memoryMiB", all.get(rank).load().residentBytes() >> 20);
        row.put("slow", records.get(records.size() - 1).metrics().slow().contains(rank));
        means.add(row);
      }
      slowest(all).forEach(rank -> curves.add(curve(rank)));
    }
    data.put("means", means);
    data.put("curves", curves);
    return data;
  }

  private static List<Integer> slowest(List<RankOnHost> means) {
    return IntStream.range(0, means.size())
        .boxed()
        .sorted(Comparator.comparing((Integer rank) -> -means.get(rank).milliseconds()))
        .limit(MOST_RANKS)
        .sorted()
        .toList();
  }

  private Map<String, Object> curve(int rank) {
    Map<String, Object> curve = new LinkedHashMap<>();
    curve.put("rank", rank);
    curve.put(
        "passesMs",
        records.stream().map(it -> it.metrics().ranks().get(rank).milliseconds()).toList());
    curve.put(
        "checkpointMs",
        records.stream().map(it -> load(it, rank).checkpointNanos() / 1e6).toList());
    return curve;
  }
}
