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
 * Where the time of each rank went over a run, thinned: whenever there are too many records, each
 * two neighbours become their mean.
 *
 * <p>Threading: one thread.
 */
final class RankCurves {

  private static final Map<String, ToLongFunction<RankLoad>> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put("computeMs", RankLoad::computeNanos);
    PARTS.put("fetchMs", RankLoad::fetchNanos);
    PARTS.put("waitMs", load -> load.since().waitNanos());
    PARTS.put("reduceMs", load -> load.since().reduceNanos());
    PARTS.put("applyMs", load -> load.since().applyNanos());
    PARTS.put("checkpointMs", load -> load.since().checkpointNanos());
  }

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
              some.stream()
                  .map(it -> load(it, each))
                  .reduce(RankLoad.NONE, RankLoad::plus)
                  .over(some.size())));
    }
    return new RankMetrics(means, last.slow());
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
        RankLoad load = all.get(rank).load();
        PARTS.forEach((name, nanos) -> row.put(name, nanos.applyAsLong(load) / 1e6));
        row.put("memoryMiB", load.residentBytes() >> 20);
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
    PARTS.forEach(
        (name, nanos) ->
            curve.put(
                name,
                records.stream().map(it -> nanos.applyAsLong(load(it, rank)) / 1e6).toList()));
    return curve;
  }
}
