/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.RunNote;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.TimeLeft;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.PrintWriter;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows progress as a bar on a terminal: updates done and left, time gone and left, epoch, loss,
 * speed and the newest validation.
 *
 * <p>The bar is drawn by this class itself, because the library's own terminal would take over
 * Ctrl-C.
 *
 * <p>Threading: fed by one thread at a time; the bar is drawn by a thread of its own, which {@link
 * #close} ends.
 */
final class BarDisplay implements MetricsSink {

  private static final int REDRAW_MS = 250;

  private final long epochs;
  private final TimeLeft timeLeft;
  private final ProgressBar bar;
  private final PrintWriter terminal;
  private String validated = "";

  BarDisplay(RunStart run, PrintWriter terminal, int columns) {
    this.epochs = run.epochs();
    this.timeLeft = new TimeLeft(run, System::nanoTime);
    this.terminal = terminal;
    this.bar =
        new ProgressBarBuilder()
            .setTaskName("train")
            .setInitialMax(run.updates())
            .setEtaFunction(state -> timeLeft.now().map(TimeLeft.Left::time))
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MS)
            .setConsumer(new DelegatingProgressBarConsumer(this::draw, columns - 1))
            .build();
  }

  @Override
  public void step(UpdateMetrics step) {
    timeLeft.at(step.update());
    bar.stepTo(step.update());
    bar.setExtraMessage(
        "epoch "
            + step.epoch()
            + "/"
            + epochs
            + ", "
            + LineDisplay.story(step)
            + limit()
            + validated);
  }

  /** That the time left is not that to the last update. */
  private String limit() {
    return timeLeft.now().map(TimeLeft.Left::until).filter(TimeLeft.End.LIMIT::equals).isPresent()
        ? ", train.max-time ends it"
        : "";
  }

  @Override
  public void validation(ValidationMetrics validation) {
    validated = "; validation " + Terminal.measures(validation);
  }

  @Override
  public void plan(PlanMetrics plan) {
    terminal.print("\r" + LineDisplay.replanned(plan) + System.lineSeparator());
    terminal.flush();
  }

  @Override
  public void note(RunNote note) {
    terminal.print("\r" + note.text() + System.lineSeparator());
    terminal.flush();
  }

  @Override
  public void close() {
    bar.close();
    terminal.println();
  }

  private void draw(String line) {
    terminal.print("\r" + line);
    terminal.flush();
  }
}
