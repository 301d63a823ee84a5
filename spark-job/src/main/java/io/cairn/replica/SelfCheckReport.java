/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.SelfCheckResult.Comparison;
import io.cairn.replica.SelfCheckResult.Limit;
import io.cairn.replica.SelfCheckResult.State;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The results of all ranks' self-checks in words. They are the same on every rank.
 *
 * <p>Threading: immutable.
 *
 * @param byRank one for each rank; a single one, of whoever speaks, on the driver
 * @param places what the parameters are called, by number
 * @param seconds what the slowest took
 */
public record SelfCheckReport(List<SelfCheckResult> byRank, List<String> places, double seconds) {

  private static final String TIME = "2 s, or 1 % of the run";

  private static final String WITHOUT_HELPERS =
      "Without Deeplearning4j's fast helpers it is right:"
          + " -Dorg.eclipse.deeplearning4j.helpers.disable=true in spark.executor.extraJavaOptions"
          + " (and spark.driver.extraJavaOptions) leaves them out, at the cost of speed.";

  public SelfCheckReport {
    byRank = List.copyOf(byRank);
    places = List.copyOf(places);
  }

  /** Why the run must not go on, and what to do; empty if it may. */
  public Optional<String> refusal() {
    for (int rank = 0; rank < byRank.size(); rank++) {
      SelfCheckResult result = byRank.get(rank);
      String where = byRank.size() == 1 ? "here" : "on rank " + rank;
      if (result.float64().state() == State.DIFFERS) {
        return Optional.of(wrong(result.float64(), where));
      }
      if (result.sums().state() == State.DIFFERS) {
        return Optional.of(notAdditive(result.sums(), where));
      }
    }
    return Optional.empty();
  }

  /** The layer and parameter that {@link #refusal} is about. */
  public Optional<String> refusedPlace() {
    return byRank.stream()
        .flatMap(result -> Stream.of(result.float64(), result.sums()))
        .filter(found -> found.state() == State.DIFFERS)
        .map(found -> places.get(found.place()))
        .findFirst();
  }

  private String wrong(Comparison found, String where) {
    return ("self-check: the gradient is wrong %s, nearest to the loss in %s: its norm is %s as"
            + " training computes it, and %s in float64, on %d examples; the largest difference is"
            + " %s. %s Nothing was trained; train.self-check = off trains regardless")
        .formatted(
            where,
            places.get(found.place()),
            number(found.found()),
            number(found.expected()),
            found.examples(),
            share(found.gap()),
            switch (found.cause()) {
              case HELPERS -> WITHOUT_HELPERS;
              case UNKNOWN ->
                  "It is so without Deeplearning4j's fast helpers too: a layer computes wrongly in"
                      + " the model's data type, or cannot cope with the size of its inputs"
                      + " (data.scale). A model of data type DOUBLE may train.";
            });
  }

  private String notAdditive(Comparison found, String where) {
    return ("self-check: gradients do not add up %s, nearest to the loss in %s: in two parts they"
            + " come to a norm of %s, all %d examples together to %s; the largest difference is"
            + " %s. %s Nothing was trained; train.self-check = off trains regardless")
        .formatted(
            where,
            places.get(found.place()),
            number(found.found()),
            found.examples(),
            number(found.expected()),
            share(found.gap()),
            switch (found.cause()) {
              case HELPERS -> WITHOUT_HELPERS;
              case UNKNOWN ->
                  "A loss that is a mean over the micro-batch does this, and so does a layer that"
                      + " computes over all its examples together; the result would depend on"
                      + " batch.micro, batch.steps and batch.workers. Let the loss be a sum over the"
                      + " examples, as most of Deeplearning4j's are (the update divides by their"
                      + " number).";
            });
  }

  /** What was found and what it took, in a line. */
  public String summary() {
    List<String> parts = new ArrayList<>();
    agreed(SelfCheckResult::float64, "gradients agree with float64 to ").ifPresent(parts::add);
    agreed(SelfCheckResult::sums, "sums over micro-batches add up to ").ifPresent(parts::add);
    if (byRank.stream().allMatch(result -> result.float64().state() == result.sums().state())) {
      parts.addAll(others(SelfCheckResult::float64, "gradients"));
    } else {
      parts.addAll(others(SelfCheckResult::float64, "gradients against float64"));
      parts.addAll(others(SelfCheckResult::sums, "sums over micro-batches"));
    }
    return "self-check: %s; %.1f s".formatted(String.join("; ", parts), seconds);
  }

  private Optional<String> agreed(Function<SelfCheckResult, Comparison> which, String words) {
    List<Comparison> all =
        byRank.stream().map(which).filter(found -> found.state() == State.AGREES).toList();
    if (all.isEmpty()) {
      return Optional.empty();
    }
    double gap = all.stream().mapToDouble(Comparison::gap).max().orElse(0);
    int least = all.stream().mapToInt(Comparison::examples).min().orElse(0);
    int most = all.stream().mapToInt(Comparison::examples).max().orElse(0);
    String examples =
        least == most
            ? least + (least == 1 ? " example" : " examples")
            : least + " to " + most + " examples";
    return Optional.of(words + number(gap) + " on " + examples + whyNotMore(all));
  }

  private static String whyNotMore(List<Comparison> all) {
    if (all.stream().anyMatch(found -> found.limit() == Limit.TIME)) {
      return ", for more would take longer than " + TIME;
    }
    return all.stream().anyMatch(found -> found.limit() == Limit.MEMORY)
        ? ", for more do not fit in memory beside the model"
        : "";
  }

  private List<String> others(Function<SelfCheckResult, Comparison> which, String what) {
    Map<State, List<Integer>> ranks = new EnumMap<>(State.class);
    for (int rank = 0; rank < byRank.size(); rank++) {
      State state = which.apply(byRank.get(rank)).state();
      ranks.computeIfAbsent(state, it -> new ArrayList<>()).add(rank);
    }
    ranks.remove(State.AGREES);
    return ranks.entrySet().stream()
        .map(
            entry ->
                what
                    + " not compared"
                    + on(entry.getValue())
                    + ", "
                    + reason(entry.getKey(), which.apply(byRank.get(entry.getValue().get(0)))))
        .toList();
  }

  private String on(List<Integer> ranks) {
    return ranks.size() == byRank.size()
        ? ""
        : " on rank "
            + IntStream.range(0, ranks.size())
                .mapToObj(i -> String.valueOf(ranks.get(i)))
                .collect(Collectors.joining(", "));
  }

  private String reason(State state, Comparison found) {
    String place = places.get(found.place());
    return switch (state) {
      case AGREES, DIFFERS -> throw new IllegalStateException(state + " was compared");
      case TOO_SMALL -> "for they are no larger than rounding on these examples (" + place + ")";
      case NOISE -> "for a layer draws random numbers that cannot be left out (" + place + ")";
      case NOT_FINITE -> "for they are not finite on these examples (" + place + ")";
      case NO_FLOAT64 -> "for a layer of the model cannot compute in float64";
      case NO_TIME -> "for it would take more than " + TIME;
      case NO_MEMORY -> "for it does not fit in memory beside the model";
      case NO_EXAMPLES -> "for there are no examples";
    };
  }

  private static String share(double gap) {
    if (!Double.isFinite(gap)) {
      return "without bounds";
    }
    return gap < 1
        ? String.format(Locale.ROOT, "%.2g %% of the layer's gradient", 100 * gap)
        : String.format(Locale.ROOT, "%.3g times the layer's gradient", gap);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }
}
