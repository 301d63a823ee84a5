/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Prints figures for people and scripts alike: {@code name value unit} on standard output, notes on
 * standard error.
 *
 * <p>Threading: one thread.
 */
final class Figures {

  private final PrintStream out;
  private final PrintStream notes;

  Figures(PrintStream out, PrintStream notes) {
    this.out = out;
    this.notes = notes;
  }

  void figure(String name, double value, String unit) {
    int digits = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
    out.printf(Locale.ROOT, "%s %." + digits + "f %s%n", name, value, unit);
    out.flush();
  }

  void note(String text) {
    notes.println("# " + text);
  }

  /** The middle value, or the mean of the two middle ones. */
  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
