/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.Audience;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Shows a run to a person or in a log: as lines, and as a bar where there is a terminal for it.
 *
 * <p>Threading: the driver's thread tells, Spark's threads feed the display one at a time; a lock
 * guards what both use.
 */
final class Terminal implements Audience {

  private final PrintWriter out;
  private final PrintWriter err;
  private final long startedNanos = System.nanoTime();
  private UpdateMetrics lastStep;
  private ValidationMetrics lastValidation;

  Terminal(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public synchronized void tell(String line) {
    out.println(line);
  }

  @Override
  public MetricsSink watch(RunStart run) {
    MetricsSink display =
        isInteractive()
            ? new BarDisplay(run, err, TerminalWidth.columns())
            : new LineDisplay(run.updates(), run.epochs(), out, System::nanoTime);
    return MetricsSink.all(List.of(new Memory(), display));
  }

  /** What became of it, in a line. */
  synchronized String summary() {
    double seconds = (System.nanoTime() - startedNanos) / 1e9;
    StringBuilder line = new StringBuilder("done");
    if (lastStep != null) {
      line.append(
          String.format(
              Locale.ROOT, ": %,d updates, loss %.4g", lastStep.update(), lastStep.loss()));
    }
    if (lastValidation != null) {
      line.append(", validation: ").append(measures(lastValidation));
    }
    return line.append(String.format(Locale.ROOT, ", %.1f s in all", seconds)).toString();
  }

  /** {@code loss 0.1234, accuracy 0.9750}. */
  static String measures(ValidationMetrics validation) {
    return validation.values().entrySet().stream()
        .map(Terminal::measure)
        .collect(Collectors.joining(", "));
  }

  private static String measure(Map.Entry<String, Double> measure) {
    return String.format(Locale.ROOT, "%s %.4f", measure.getKey(), measure.getValue());
  }

  @SuppressWarnings("SystemConsoleNull") // On Java 17 and 21 it is null elsewhere.
  private static boolean isInteractive() {
    return System.console() != null && !"dumb".equals(System.getenv("TERM"));
  }

  /** Keeps the newest of each for the summary. */
  private final class Memory implements MetricsSink {
    @Override
    public void step(UpdateMetrics step) {
      synchronized (Terminal.this) {
        lastStep = step;
      }
    }

    @Override
    public void validation(ValidationMetrics validation) {
      synchronized (Terminal.this) {
        lastValidation = validation;
      }
    }

    @Override
    public void close() throws IOException {}
  }
}
