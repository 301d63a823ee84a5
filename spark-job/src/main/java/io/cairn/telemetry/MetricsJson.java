/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.json.StrictJson;
import io.cairn.plan.BatchPlan;
import io.cairn.telemetry.RankMetrics.RankOnHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The JSON of metrics lines, both ways. A record for each kind of line names its fields, in the
 * order in which they are written.
 *
 * <p>A number that is not finite is written as the string {@code "NaN"}, {@code "Infinity"} or
 * {@code "-Infinity"}, because JSON has no such number and null would not say which.
 *
 * <p>Threading: stateless. Failure: an IllegalArgumentException where a text is no such line.
 */
public final class MetricsJson {

  private static final String EXAMPLES = "examples";
  private static final double NANOS_PER_MS = 1e6;
  private static final double BYTES_PER_MIB = 1024 * 1024;

  private MetricsJson() {}

  /**
   * {@code learningRates}, {@code betweenMs}, {@code checkpointMs}, {@code noise}, {@code ranks},
   * {@code slow}, {@code skipped} and {@code atMs} stand only in lines that have them.
   */
  private record UpdateLine(
      long update,
      int epoch,
      long examples,
      double loss,
      double learningRate,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Double> learningRates,
      double gradientNorm,
      double examplesPerSecond,
      double computeMs,
      double waitMs,
      double reduceMs,
      double applyMs,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) double betweenMs,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) double checkpointMs,
      @JsonInclude(JsonInclude.Include.NON_NULL) NoiseField noise,
      @JsonInclude(JsonInclude.Include.NON_NULL) List<RankField> ranks,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Integer> slow,
      @JsonInclude(JsonInclude.Include.NON_NULL) Boolean skipped,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) long atMs) {}

  /** The smoothed noise scale, and the update's own estimates. */
  private record NoiseField(double scale, double gradientSquared, double variance) {
    static NoiseField of(NoiseScale.Smoothed noise) {
      return new NoiseField(
          noise.scale(), noise.sample().gradientSquared(), noise.sample().variance());
    }

    NoiseScale.Smoothed smoothed() {
      return new NoiseScale.Smoothed(scale, new NoiseSample(gradientSquared, variance));
    }
  }

  /** The measures by name, and last how many examples were counted. */
  private record ValidationLine(
      long update,
      int epoch,
      Map<String, Object> validation,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) long atMs) {}

  private record PlanLine(long update, int epoch, Map<String, Long> plan, String reason) {}

  private record NoteLine(long update, int epoch, String note) {}

  /** A mean over updates, but for the memory. */
  private record RankField(
      String host,
      double computeMs,
      double fetchMs,
      double memoryMiB,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) double waitMs,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) double reduceMs,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) double applyMs,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) double checkpointMs) {
    static RankField of(RankOnHost rank) {
      return new RankField(
          rank.host(),
          rank.load().computeNanos() / NANOS_PER_MS,
          rank.load().fetchNanos() / NANOS_PER_MS,
          rank.load().residentBytes() / BYTES_PER_MIB,
          rank.load().since().waitNanos() / NANOS_PER_MS,
          rank.load().since().reduceNanos() / NANOS_PER_MS,
          rank.load().since().applyNanos() / NANOS_PER_MS,
          rank.load().since().checkpointNanos() / NANOS_PER_MS);
    }

    RankOnHost rank() {
      return new RankOnHost(
          host,
          new RankLoad(
              Math.round(computeMs * NANOS_PER_MS),
              Math.round(fetchMs * NANOS_PER_MS),
              Math.round(memoryMiB * BYTES_PER_MIB),
              new RankLoad.Since(
                  Math.round(waitMs * NANOS_PER_MS),
                  Math.round(reduceMs * NANOS_PER_MS),
                  Math.round(applyMs * NANOS_PER_MS),
                  Math.round(checkpointMs * NANOS_PER_MS))));
    }
  }

  /** An update as one line, without its line break. */
  public static String write(UpdateMetrics step) {
    return StrictJson.line(
        new UpdateLine(
            step.update(),
            step.epoch(),
            step.examples(),
            step.loss(),
            step.learningRate(),
            step.learningRates(),
            step.gradientNorm(),
            step.examplesPerSecond(),
            step.computeMs(),
            step.waitMs(),
            step.reduceMs(),
            step.applyMs(),
            step.pause().betweenMs(),
            step.pause().checkpointMs(),
            step.noise().map(NoiseField::of).orElse(null),
            step.ranks().map(it -> it.ranks().stream().map(RankField::of).toList()).orElse(null),
            step.ranks().map(RankMetrics::slow).orElse(null),
            step.outcome() == UpdateMetrics.Outcome.SKIPPED ? true : null,
            step.atMs()));
  }

  /** A validation as one line, without its line break. */
  public static String write(ValidationMetrics validation) {
    Map<String, Object> values = new LinkedHashMap<>(validation.values());
    values.put(EXAMPLES, validation.examples());
    return StrictJson.line(
        new ValidationLine(validation.update(), validation.epoch(), values, validation.atMs()));
  }

  /** A change of plan as one line, without its line break. */
  public static String write(PlanMetrics plan) {
    return StrictJson.line(
        new PlanLine(plan.update(), plan.epoch(), plan.plan().numbers(), plan.reason()));
  }

  /** A word to the user as one line, without its line break. */
  public static String write(RunNote note) {
    return StrictJson.line(new NoteLine(note.update(), note.epoch(), note.text()));
  }

  /**
   * Reads a line that {@link #write} made and hands it to a sink.
   *
   * @throws IllegalArgumentException if the line is not one
   */
  public static void read(String line, MetricsSink sink) throws IOException {
    JsonNode node = StrictJson.parseObject(line);
    if (!node.has("update") || !node.has("epoch")) {
      throw new IllegalArgumentException("not a metrics line: " + line);
    }
    if (node.has("validation")) {
      // Not strictly: older lines have no time.
      sink.validation(metrics(StrictJson.parseAnyVersion(line, ValidationLine.class)));
    } else if (node.has("plan")) {
      PlanLine plan = StrictJson.parse(line, PlanLine.class);
      sink.plan(
          new PlanMetrics(plan.update(), plan.epoch(), BatchPlan.of(plan.plan()), plan.reason()));
    } else if (node.has("note")) {
      NoteLine note = StrictJson.parse(line, NoteLine.class);
      sink.note(new RunNote(note.update(), note.epoch(), note.note()));
    } else {
      // Not strictly: a line without "skipped" is one of an update that was applied.
      sink.step(metrics(StrictJson.parseAnyVersion(line, UpdateLine.class)));
    }
  }

  /**
   * Reads lines that {@link #write} made and hands them to a sink, in their order.
   *
   * @param lines closed at the end
   * @param wanted lines that are looked into
   * @throws IllegalArgumentException if one of those is no such line
   */
  public static void readAll(InputStream lines, Predicate<String> wanted, MetricsSink sink)
      throws IOException {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(lines, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (wanted.test(line)) {
          read(line, sink);
        }
      }
    }
  }

  private static UpdateMetrics metrics(UpdateLine line) {
    return new UpdateMetrics(
        line.update(),
        line.epoch(),
        line.examples(),
        line.loss(),
        line.learningRate(),
        line.learningRates() == null ? Map.of() : line.learningRates(),
        line.gradientNorm(),
        line.examplesPerSecond(),
        line.computeMs(),
        line.waitMs(),
        line.reduceMs(),
        line.applyMs(),
        new Pause(line.betweenMs(), line.checkpointMs()),
        Optional.ofNullable(line.noise()).map(NoiseField::smoothed),
        Optional.ofNullable(line.ranks())
            .map(
                ranks ->
                    new RankMetrics(
                        ranks.stream().map(RankField::rank).toList(),
                        line.slow() == null ? List.of() : line.slow())),
        line.skipped() == null ? UpdateMetrics.Outcome.APPLIED : UpdateMetrics.Outcome.SKIPPED,
        line.atMs());
  }

  private static ValidationMetrics metrics(ValidationLine line) {
    Map<String, Double> values = new LinkedHashMap<>();
    line.validation().forEach((name, value) -> values.put(name, number(value)));
    long examples = values.remove(EXAMPLES).longValue();
    return new ValidationMetrics(line.update(), line.epoch(), examples, values, line.atMs());
  }

  private static double number(Object value) {
    return value instanceof Number number
        ? number.doubleValue()
        : Double.parseDouble(value.toString());
  }
}
