/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.RunNote;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows progress as plain lines: the first update, then one every ten seconds, the last one, and
 * every validation.
 *
 * <p>Threading: one thread at a time.
 */
final class LineDisplay implements MetricsSink {

  private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  private final long updates;
  private final long epochs;
  private final PrintWriter out;
  private final LongSupplier nanoTime;
  private long shownAtNanos;
  private boolean shown;
  private UpdateMetrics unseen;

  LineDisplay(long updates, long epochs, PrintWriter out, LongSupplier nanoTime) {
    this.updates = updates;
    this.epochs = epochs;
    this.out = out;
    this.nanoTime = nanoTime;
  }

  @Override
  public void step(UpdateMetrics step) {
    unseen = step;
    if (!shown || nanoTime.getAsLong() - shownAtNanos >= INTERVAL_NANOS) {
      show();
    }
  }

  @Override
  public void validation(ValidationMetrics validation) {
    out.printf(
        Locale.ROOT,
        "epoch %d/%d, update %d/%d: validation %s%n",
        validation.epoch(),
        epochs,
        validation.update(),
        updates,
        Terminal.measures(validation));
  }

  @Override
  public void plan(PlanMetrics plan) {
    out.println(replanned(plan));
  }

  @Override
  public void note(RunNote note) {
    out.println(note.text());
  }

  @Override
  public void close() {
    if (unseen != null) {
      show();
    }
  }

  private void show() {
    out.printf(
        Locale.ROOT,
        "epoch %d/%d, update %d/%d: %s%n",
        unseen.epoch(),
        epochs,
        unseen.update(),
        updates,
        story(unseen));
    shownAtNanos = nanoTime.getAsLong();
    shown = true;
    unseen = null;
  }

  /** {@code plan from update 17 on: workers 2 x micro 16 x ... (why)}. */
  static String replanned(PlanMetrics plan) {
    return "plan from update %d on: %s (%s)".formatted(plan.update(), plan.plan(), plan.reason());
  }

  /** {@code loss 0.1234, 9,100 examples/s}. */
  static String story(UpdateMetrics step) {
    String skipped = step.outcome() == UpdateMetrics.Outcome.SKIPPED ? ", skipped" : "";
    return String.format(
        Locale.ROOT,
        "loss %.4g, %,.0f examples/s%s",
        step.loss(),
        step.examplesPerSecond(),
        skipped);
  }
}
