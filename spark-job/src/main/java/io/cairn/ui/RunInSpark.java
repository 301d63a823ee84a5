/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import io.cairn.checkpoint.RunStatus;
import io.cairn.report.ObservedRun;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import io.cairn.ui.RunEvent.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run that is under way, in Spark's web pages, its event log and its metrics system.
 *
 * <p>Owned by the driver's training, which closes it: the gauges are gone then, the tab stays.
 *
 * <p>Threading: safe everywhere.
 *
 * <p>Failure: none reaches the run. Spark's pages are not a public interface, and a vendor's Spark
 * may have others: then the log says so, once.
 */
public final class RunInSpark implements MetricsSink {

  private static final Logger LOG = LoggerFactory.getLogger(RunInSpark.class);

  /** Updates in the event log are so far apart: a history server reads all of them at once. */
  static final Duration LOGGED_EVERY = Duration.ofSeconds(10);

  private final SparkContext spark;
  private final String location;
  private final ObservedRun run;
  private RunGauges gauges;
  private UpdateMetrics unlogged;
  private Optional<RunStatus> logged = Optional.empty();
  private long loggedNanos = System.nanoTime() - LOGGED_EVERY.toNanos();
  private boolean isBroken;

  private RunInSpark(SparkContext spark, String location, ObservedRun run) {
    this.spark = spark;
    this.location = location;
    this.run = run;
  }

  /** Something that Spark may not be able to do. */
  @FunctionalInterface
  private interface Showing {
    void run() throws IOException;
  }

  /**
   * Shows a run from now on.
   *
   * @param location the run's directory
   * @param settingsJson the resolved settings with the plan
   */
  public static RunInSpark open(SparkContext spark, String location, String settingsJson) {
    String place = ObservedRun.shownLocation(location);
    RunInSpark shown = new RunInSpark(spark, place, LiveTab.board(spark).begun(location));
    shown.safely(
        () -> {
          LiveTab.attach(spark);
          shown.gauges = new RunGauges();
          SparkEnv.get().metricsSystem().registerSource(shown.gauges);
          String settings = ObservedRun.shown(settingsJson);
          shown.run.settings(settings);
          shown.post(Kind.SETTINGS, settings);
        });
    return shown;
  }

  /** Takes a new state of the run. */
  public synchronized void status(RunStatus status) {
    safely(
        () -> {
          gauges.attempts(status);
          logHeld();
          String text = ObservedRun.shown(status.toJson());
          run.status(text);
          if (isNews(status)) {
            post(Kind.STATUS, text);
            logged = Optional.of(status);
          }
        });
  }

  /** A state tells all attempts anew; how far the run is, updates tell. */
  private boolean isNews(RunStatus status) {
    return logged
        .map(before -> before.at(status.update(), status.epoch(), status.updatedAt()))
        .map(before -> before.waitingFor(status.slowRanks(), status.updatedAt()))
        .filter(status::equals)
        .isEmpty();
  }

  @Override
  public synchronized void step(UpdateMetrics step) {
    safely(
        () -> {
          gauges.update(step);
          run.metrics().step(step);
          unlogged = step;
          if (step.ranks().isPresent()
              || System.nanoTime() - loggedNanos >= LOGGED_EVERY.toNanos()) {
            logHeld();
          }
        });
  }

  @Override
  public synchronized void validation(ValidationMetrics validation) {
    safely(
        () -> {
          if (gauges.validation(validation)) {
            // Spark's metrics system reads a source's names when it is registered.
            SparkEnv.get().metricsSystem().removeSource(gauges);
            SparkEnv.get().metricsSystem().registerSource(gauges);
          }
          run.metrics().validation(validation);
          logHeld();
          post(Kind.METRICS, MetricsJson.write(validation));
        });
  }

  @Override
  public synchronized void plan(PlanMetrics plan) {
    safely(
        () -> {
          run.metrics().plan(plan);
          post(Kind.METRICS, MetricsJson.write(plan));
        });
  }

  @Override
  public synchronized void close() {
    safely(this::logHeld);
    // Also of a run that is not shown any more: the next one's would not get their names.
    isBroken = false;
    safely(
        () -> {
          if (SparkEnv.get() != null && gauges != null) {
            SparkEnv.get().metricsSystem().removeSource(gauges);
          }
        });
  }

  private void logHeld() {
    if (unlogged != null) {
      post(Kind.METRICS, MetricsJson.write(unlogged));
      unlogged = null;
      loggedNanos = System.nanoTime();
    }
  }

  private void post(Kind kind, String text) {
    if (!spark.isStopped()) {
      spark.listenerBus().post(new RunEvent(location, kind, text));
    }
  }

  private void safely(Showing showing) {
    if (isBroken) {
      return;
    }
    try {
      showing.run();
    } catch (Exception | LinkageError e) {
      // Scala and Spark's web server throw checked ones that no signature shows.
      isBroken = true;
      LOG.warn("the run is not shown in Spark's own pages and metrics any more", e);
    }
  }
}
