/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.VerificationReport;
import io.cairn.launch.VerificationReport.Verdict;
import io.cairn.launch.VerifiedFormat;
import io.cairn.replica.LayerGap;
import io.cairn.worker.BigBatchReport.Against;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a verification found, for people.
 *
 * <p>Threading: stateless.
 */
final class VerificationText {

  private VerificationText() {}

  static String of(VerificationReport report) {
    StringBuilder text = new StringBuilder();
    for (VerifiedFormat format : report.formats()) {
      text.append(table(report, format, Against.ONE_BATCH, "one batch"));
      text.append(
          table(report, format, Against.SAME_MICRO_BATCHES, "the same micro-batches, one worker"));
    }
    report.notes().forEach(note -> line(text, "note: " + note));
    report.formats().stream()
        .filter(format -> format.found().largestPass() < report.largestBatch())
        .findFirst()
        .ifPresent(
            format ->
                line(
                    text,
                    "note: the largest pass of the one worker had %,d examples; a whole batch did not fit in its memory, or an epoch has no more"
                        .formatted(format.found().largestPass())));
    line(text, verdict(report.verdict()));
    return text.toString();
  }

  private static String verdict(Verdict verdict) {
    if (verdict instanceof Verdict.Equal) {
      return "equal: the updates are those of one big batch; what differs is rounding";
    }
    if (verdict instanceof Verdict.EqualUpToStatistics upTo) {
      return "equal up to batch statistics: %s %s by statistics of each micro-batch; all else is that of one worker, but for rounding"
          .formatted(
              (upTo.layers().size() == 1 ? "layer " : "layers ") + String.join(", ", upTo.layers()),
              upTo.layers().size() == 1 ? "computes" : "compute");
    }
    Verdict.Differs differs = (Verdict.Differs) verdict;
    return "differs: %s; %s".formatted(differs.layer(), differs.why());
  }

  private static String table(
      VerificationReport report, VerifiedFormat format, Against against, String name) {
    List<LayerGap> layers = format.gaps(against, report.updates()).orElse(List.of());
    if (layers.isEmpty()) {
      return "";
    }
    List<LayerGap> rounding =
        against == Against.ONE_BATCH
            ? format.gaps(Against.FLOAT64, report.updates()).orElse(List.of())
            : List.of();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("layer", "parameters", "updater", "moved by"));
    if (!rounding.isEmpty()) {
      head.add("float32 to float64");
    }
    rows.add(head);
    for (int i = 0; i < layers.size(); i++) {
      LayerGap gap = layers.get(i);
      List<String> row =
          new ArrayList<>(
              List.of(
                  gap.layer(),
                  number(gap.parameters()),
                  number(gap.updater()),
                  number(gap.moved())));
      if (!rounding.isEmpty()) {
        row.add(number(rounding.get(i).parameters()));
      }
      rows.add(row);
    }
    return "%s, largest differences after %d %s, against %s%n"
            .formatted(
                format.name(), report.updates(), report.updates() == 1 ? "update" : "updates", name)
        + aligned(rows)
        + System.lineSeparator();
  }

  /** The first column to the left, the others to the right. */
  private static String aligned(List<List<String>> rows) {
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("  ");
      for (int i = 0; i < widths.length; i++) {
        String cell = row.get(i);
        String padding = " ".repeat(widths[i] - cell.length());
        line.append(i == 0 ? cell + padding : "  " + padding + cell);
      }
      line(text, line.toString());
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append(System.lineSeparator());
  }

  private static String number(double value) {
    if (value == Double.MAX_VALUE) {
      return "not finite";
    }
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }
}
