/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.RunStatus;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.spark.metrics.source.Source;

/**
 * A run's newest numbers in Spark's metrics system, whose sinks (Prometheus, Graphite, JMX) the
 * cluster configures: {@code <application>.driver.cairn.loss} and so on. docs/monitoring.md lists
 * them; the names are kept.
 *
 * <p>Threading: safe everywhere.
 */
final class RunGauges implements Source {

  private static final Map<String, ToDoubleFunction<UpdateMetrics>> OF_UPDATES =
      new LinkedHashMap<>();

  static {
    OF_UPDATES.put("update", UpdateMetrics::update);
    OF_UPDATES.put("epoch", UpdateMetrics::epoch);
    OF_UPDATES.put("loss", UpdateMetrics::loss);
    OF_UPDATES.put("learningRate", UpdateMetrics::learningRate);
    OF_UPDATES.put("gradientNorm", UpdateMetrics::gradientNorm);
    OF_UPDATES.put("examplesPerSecond", UpdateMetrics::examplesPerSecond);
    OF_UPDATES.put("computeMs", UpdateMetrics::computeMs);
    OF_UPDATES.put("waitMs", UpdateMetrics::waitMs);
    OF_UPDATES.put("reduceMs", UpdateMetrics::reduceMs);
    OF_UPDATES.put("applyMs", UpdateMetrics::applyMs);
  }

  private final MetricRegistry registry = new MetricRegistry();
  private volatile UpdateMetrics last;
  private volatile double noiseScale = Double.NaN;
  private volatile int attempts;
  private volatile int failures;
  private volatile Map<String, Double> validation = Map.of();

  RunGauges() {
    OF_UPDATES.forEach(
        (name, of) -> gauge(name, () -> last == null ? Double.NaN : of.applyAsDouble(last)));
    gauge("noiseScale", () -> noiseScale);
    gauge("attempts", () -> (double) attempts);
    gauge("failures", () -> (double) failures);
  }

  private void gauge(String name, Gauge<Double> value) {
    registry.gauge(name, () -> value);
  }

  void update(UpdateMetrics update) {
    last = update;
    update.noise().ifPresent(noise -> noiseScale = noise.scale());
  }

  /**
   * Measures that are new get a gauge of their own.
   *
   * @return whether some were
   */
  boolean validation(ValidationMetrics metrics) {
    int before = registry.getNames().size();
    validation = metrics.values();
    for (String name : metrics.values().keySet()) {
      gauge("validation." + name, () -> validation.getOrDefault(name, Double.NaN));
    }
    return registry.getNames().size() > before;
  }

  /** Takes a new state of the run. */
  void attempts(RunStatus status) {
    attempts = status.attempt();
    failures =
        (int)
            status.attempts().stream()
                .filter(attempt -> attempt.endedBy() == PastAttempt.EndedBy.FAILURE)
                .count();
  }

  @Override
  public String sourceName() {
    return "cairn";
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }
}
