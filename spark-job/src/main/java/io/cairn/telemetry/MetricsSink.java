/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.io.IOException;
import java.time.Clock;
import java.util.List;

/**
 * Receives a run's metrics in the order in which they happen.
 *
 * <p>Rank 0 has two: one writes {@code metrics.jsonl}, the other sends progress to the driver. The
 * progress display on the driver is another.
 *
 * <p>Whoever makes a sink closes it.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Failure: an IOException means that the metrics cannot be stored. A sink that only informs
 * people does not throw.
 */
public interface MetricsSink extends AutoCloseable {

  /** Takes an update. */
  void step(UpdateMetrics step) throws IOException;

  /** Takes a validation. */
  void validation(ValidationMetrics validation) throws IOException;

  /** Takes a change of plan; a sink that has no use for it lets it pass. */
  default void plan(PlanMetrics plan) throws IOException {}

  /** Takes a word to the user, which is for people alone; most logs let it pass. */
  default void note(RunNote note) throws IOException {}

  /** Passes on whatever was held back. */
  @Override
  void close() throws IOException;

  /** A sink that writes each record as one line of JSON; closing it does not close the lines. */
  static MetricsSink lines(LineSink lines) {
    return new MetricsSink() {
      @Override
      public void step(UpdateMetrics step) throws IOException {
        lines.line(MetricsJson.write(step));
      }

      @Override
      public void validation(ValidationMetrics validation) throws IOException {
        lines.line(MetricsJson.write(validation));
      }

      @Override
      public void plan(PlanMetrics plan) throws IOException {
        lines.line(MetricsJson.write(plan));
      }

      @Override
      public void close() {}
    };
  }

  /** A sink that notes on updates and validations when they were, and owns the one behind it. */
  static MetricsSink dated(Clock clock, MetricsSink sink) {
    return new MetricsSink() {
      @Override
      public void step(UpdateMetrics step) throws IOException {
        sink.step(step.at(clock.millis()));
      }

      @Override
      public void validation(ValidationMetrics validation) throws IOException {
        sink.validation(validation.at(clock.millis()));
      }

      @Override
      public void plan(PlanMetrics plan) throws IOException {
        sink.plan(plan);
      }

      @Override
      public void note(RunNote note) throws IOException {
        sink.note(note);
      }

      @Override
      public void close() throws IOException {
        sink.close();
      }
    };
  }

  /** A sink that feeds several, in this order, and closes them in reverse. */
  static MetricsSink all(List<MetricsSink> sinks) {
    return new TeeSink(sinks);
  }

  /** Takes lines of text, for example {@code MetricsLog::append}. */
  @FunctionalInterface
  interface LineSink {
    /** Takes a line, without its line break. */
    void line(String line) throws IOException;
  }
}
