/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.NoiseScale;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * All curves of a run, of a size that does not depend on its length. Stretches begin with one
 * update each; whenever there are too many, each two become one.
 *
 * <p>Threading: one thread.
 */
final class Curves implements MetricsSink {

  /** Even. A screen has fewer columns. */
  static final int MOST_STRETCHES = 2_000;

  private static final double MS_PER_SECOND = 1_000;

  private static final Map<String, ToDoubleFunction<UpdateMetrics>> MEASURES =
      new LinkedHashMap<>();

  static {
    MEASURES.put("loss", UpdateMetrics::loss);
    MEASURES.put("learningRate", UpdateMetrics::learningRate);
    MEASURES.put("gradientNorm", UpdateMetrics::gradientNorm);
    MEASURES.put(
        "noiseScale", step -> step.noise().map(NoiseScale.Smoothed::scale).orElse(Double.NaN));
    MEASURES.put("examplesPerSecond", UpdateMetrics::examplesPerSecond);
    MEASURES.put("computeMs", UpdateMetrics::computeMs);
    MEASURES.put("waitMs", UpdateMetrics::waitMs);
    MEASURES.put("reduceMs", UpdateMetrics::reduceMs);
    MEASURES.put("applyMs", UpdateMetrics::applyMs);
    MEASURES.put("checkpointMs", step -> step.pause().checkpointMs());
  }

  /** All that training took is in one of these. */
  private static final Map<String, ToDoubleFunction<UpdateMetrics>> PARTS = new LinkedHashMap<>();

  static {
    for (String part : List.of("computeMs", "waitMs", "reduceMs", "applyMs", "checkpointMs")) {
      PARTS.put(part, MEASURES.get(part));
    }
    PARTS.put("otherMs", step -> step.pause().betweenMs() - step.pause().checkpointMs());
  }

  private final Map<String, Double> totals = new LinkedHashMap<>();
  private final Map<String, Curve> curves = new LinkedHashMap<>();
  private final Map<String, Curve> rates = new LinkedHashMap<>();
  private final long[] lastUpdate = new long[MOST_STRETCHES];
  private final long[] examplesSoFar = new long[MOST_STRETCHES];
  private final double[] secondsSoFar = new double[MOST_STRETCHES];
  private final List<Validated> validations = new ArrayList<>();
  private final List<PlanMetrics> plans = new ArrayList<>();
  private final RankCurves ranks = new RankCurves();
  private int noiseSamples;
  private OptionalDouble noiseScale = OptionalDouble.empty();
  private final Heard heard;
  private long perStretch = 1;
  private long records;
  private long updates;
  private long lastHeard;
  private long skipped;
  private long examples;
  private double seconds;
  private double lastLoss = Double.NaN;

  /** Which updates one hears of. */
  enum Heard {
    ALL,
    /** Each stands for those before it that were not heard of. */
    SOME
  }

  Curves() {
    this(Heard.ALL);
  }

  Curves(Heard heard) {
    this.heard = heard;
    MEASURES.keySet().forEach(name -> curves.put(name, new Curve(MOST_STRETCHES)));
  }

  /**
   * A validation, and what had been done by then.
   *
   * @param examples all updates' together
   * @param seconds that training took
   */
  record Validated(ValidationMetrics metrics, long examples, double seconds) {}

  @Override
  public void step(UpdateMetrics step) {
    long standsFor = 1;
    boolean isFirst = false;
    if (heard == Heard.SOME) {
      if (step.update() <= lastHeard) {
        return;
      }
      standsFor = step.update() - lastHeard;
      isFirst = lastHeard == 0;
      lastHeard = step.update();
    }
    if (records / perStretch == MOST_STRETCHES) {
      join();
    }
    int stretch = (int) (records / perStretch);
    records++;
    updates += standsFor;
    skipped += step.outcome() == UpdateMetrics.Outcome.SKIPPED ? 1 : 0;
    examples += standsFor * step.examples();
    double took = step.examples() / step.examplesPerSecond();
    // How long those took that another application made is not known.
    seconds += Double.isFinite(took) ? (isFirst ? 1 : standsFor) * took : 0;
    // A pause is one validation or checkpoint, not one for each of them.
    double pause = step.pause().betweenMs() / MS_PER_SECOND;
    seconds += Double.isFinite(pause) ? pause : 0;
    lastLoss = step.loss();
    PARTS.forEach((name, part) -> totals.merge(name, part.applyAsDouble(step), Double::sum));
    step.ranks().ifPresent(metrics -> ranks.add(metrics, step.update(), examples, seconds));
    if (step.noise().isPresent() && ++noiseSamples >= NoiseScale.LEAST_SAMPLES) {
      noiseScale = OptionalDouble.of(step.noise().get().scale());
    }
    lastUpdate[stretch] = step.update();
    examplesSoFar[stretch] = examples;
    secondsSoFar[stretch] = seconds;
    MEASURES.forEach((name, measure) -> curves.get(name).add(stretch, measure.applyAsDouble(step)));
    step.learningRates()
        .forEach(
            (group, rate) ->
                rates.computeIfAbsent(group, it -> new Curve(MOST_STRETCHES)).add(stretch, rate));
  }

  private void join() {
    curves.values().forEach(Curve::join);
    rates.values().forEach(Curve::join);
    for (int i = 0; i < MOST_STRETCHES / 2; i++) {
      lastUpdate[i] = lastUpdate[2 * i + 1];
      examplesSoFar[i] = examplesSoFar[2 * i + 1];
      secondsSoFar[i] = secondsSoFar[2 * i + 1];
    }
    perStretch *= 2;
  }

  @Override
  public void validation(ValidationMetrics validation) {
    if (heard == Heard.SOME
        && !validations.isEmpty()
        && validation.update() <= validations.get(validations.size() - 1).metrics().update()) {
      return;
    }
    validations.add(new Validated(validation, examples, seconds));
  }

  @Override
  public void plan(PlanMetrics plan) {
    plans.add(plan);
  }

  @Override
  public void close() {}

  int stretches() {
    return (int) ((records + perStretch - 1) / perStretch);
  }

  /** Which updates they know. */
  Heard heard() {
    return heard;
  }

  /**
   * Updates that a stretch stands for, of those that were heard of; the last may stand for fewer.
   */
  long perStretch() {
    return perStretch;
  }

  long updates() {
    return updates;
  }

  /** Updates that were left out. */
  long skipped() {
    return skipped;
  }

  /** The loss of the last update; NaN without one. */
  double lastLoss() {
    return lastLoss;
  }

  /**
   * The gradient noise scale at the last; NaN where it was lost in noise, empty where it was
   * measured too seldom.
   */
  OptionalDouble noiseScale() {
    return noiseScale;
  }

  /** What each rank's passes took. */
  RankCurves ranks() {
    return ranks;
  }

  /** By the name of the measure. */
  Map<String, Curve> curves() {
    return curves;
  }

  /** The learning rates by group of parameters; empty where there are no groups. */
  Map<String, Curve> rates() {
    return rates;
  }

  /** The last update of each stretch. */
  long[] lastUpdates() {
    return Arrays.copyOf(lastUpdate, stretches());
  }

  /** Examples of all updates, up to the end of each stretch. */
  long[] examplesSoFar() {
    return Arrays.copyOf(examplesSoFar, stretches());
  }

  /** Milliseconds of training by what they went to; empty where not all updates were heard of. */
  Map<String, Double> totals() {
    return heard == Heard.ALL ? totals : Map.of();
  }

  /** Seconds that training took, with the pauses between updates, up to the end of each stretch. */
  double[] secondsSoFar() {
    return Arrays.copyOf(secondsSoFar, stretches());
  }

  List<Validated> validations() {
    return validations;
  }

  /** Changes of the plan. */
  List<PlanMetrics> plans() {
    return plans;
  }
}
