/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.RunStatus;
import io.cairn.settings.Secrets;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A run as somebody hears of it who does not read its files: a few updates a second, or fewer, and
 * each state. Its page is that of {@link RunPage}, as far as is known.
 *
 * <p>An update that is done again after a failure is the same to the bit, so whatever is not behind
 * the last one that was heard of is left out.
 *
 * <p>Threading: safe everywhere.
 */
public final class ObservedRun {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String location;
  private Curves curves = new Curves(Curves.Heard.SOME);
  private Optional<RunStatus> status = Optional.empty();
  private Optional<String> settings = Optional.empty();

  /**
   * One of which nothing is known yet.
   *
   * @param location the run's directory
   */
  public ObservedRun(String location) {
    this.location = location;
  }

  /**
   * The text of {@code settings.json} or {@code STATUS.json} as more people may read it than the
   * run's directory: without what is secret.
   */
  public static String shown(String json) throws IOException {
    return JSON.writeValueAsString(Secrets.shown("", JSON.readTree(json)));
  }

  /** A run's directory without a password in its address. */
  public static String shownLocation(String location) {
    return Secrets.shown(location);
  }

  /** Takes the text of {@code settings.json}. */
  public synchronized void settings(String json) {
    settings = Optional.of(json);
  }

  /** Takes the text of {@code STATUS.json}. */
  public synchronized void status(String json) {
    RunStatus now = RunStatus.fromJson(json);
    if (status.isPresent() && isAnother(status.get(), now)) {
      curves = new Curves(Curves.Heard.SOME);
    }
    status = Optional.of(now);
  }

  /** Whether the directory was emptied, and another run has begun in it. */
  private static boolean isAnother(RunStatus before, RunStatus now) {
    PastAttempt first = now.attempts().get(0);
    PastAttempt firstBefore = before.attempts().get(0);
    // The first of a hundred attempts and more is not the run's first.
    return first.number() == 1
        && (firstBefore.number() != 1 || !first.startedAt().equals(firstBefore.startedAt()));
  }

  /** Takes a line of {@code metrics.jsonl}. */
  public void line(String line) throws IOException {
    MetricsJson.read(line, metrics());
  }

  /** Takes what the run's metrics are. */
  public MetricsSink metrics() {
    return new MetricsSink() {
      @Override
      public void step(UpdateMetrics step) {
        synchronized (ObservedRun.this) {
          curves.step(step);
        }
      }

      @Override
      public void validation(ValidationMetrics validation) {
        synchronized (ObservedRun.this) {
          curves.validation(validation);
        }
      }

      @Override
      public void plan(PlanMetrics plan) {
        synchronized (ObservedRun.this) {
          curves.plan(plan);
        }
      }

      @Override
      public void close() {}
    };
  }

  /** Its name and state in a few words, as HTML. */
  public synchronized String title() {
    String name = status.map(RunStatus::name).orElse("a run");
    String state =
        status.map(now -> now.state().name().toLowerCase(java.util.Locale.ROOT)).orElse("");
    return RunPage.escaped("%s (%s) %s".formatted(name, Secrets.shown(location), state));
  }

  /** Its page. */
  public synchronized String page() throws IOException {
    String name = status.map(RunStatus::name).orElse("a run");
    RunStory story =
        new RunStory(
            location,
            status,
            curves,
            settings,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new RunStory.Layers(List.of(), ""));
    return RunPage.of(List.of(PageData.of(story, name)), "Cairn: " + name, Instant.now());
  }
}
