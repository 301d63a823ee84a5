/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.io.IOException;
import java.util.List;

/**
 * Passes metrics on to several sinks, in order.
 *
 * <p>Owns them: closing it closes all of them in reverse order, even if one throws.
 *
 * <p>Threading: one thread at a time.
 */
final class TeeSink implements MetricsSink {

  private final List<MetricsSink> sinks;

  TeeSink(List<MetricsSink> sinks) {
    this.sinks = List.copyOf(sinks);
  }

  @Override
  public void step(UpdateMetrics step) throws IOException {
    for (MetricsSink sink : sinks) {
      sink.step(step);
    }
  }

  @Override
  public void validation(ValidationMetrics validation) throws IOException {
    for (MetricsSink sink : sinks) {
      sink.validation(validation);
    }
  }

  @Override
  public void plan(PlanMetrics plan) throws IOException {
    for (MetricsSink sink : sinks) {
      sink.plan(plan);
    }
  }

  @Override
  public void note(RunNote note) throws IOException {
    for (MetricsSink sink : sinks) {
      sink.note(note);
    }
  }

  @Override
  public void close() throws IOException {
    IOException first = null;
    for (int i = sinks.size() - 1; i >= 0; i--) {
      try {
        sinks.get(i).close();
      } catch (IOException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
