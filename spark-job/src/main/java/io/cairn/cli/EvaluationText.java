/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an evaluation found, for people.
 *
 * <p>Threading: stateless.
 */
final class EvaluationText {

  private static final int MOST_ROWS = 30;
  private static final int MOST_COLUMNS = 12;

  private EvaluationText() {}

  static String of(Measurement.Report report) {
    StringBuilder text = new StringBuilder();
    String weight =
        report.weight() == report.examples()
            ? ""
            : String.format(Locale.ROOT, ", of weight %.6g in all", report.weight());
    text.append("%,d examples%s%n".formatted(report.examples(), weight));
    for (Measurement.OutputReport output : report.outputs()) {
      if (report.outputs().size() > 1) {
        text.append("%noutput %s%n".formatted(output.name()));
      }
      text.append(output(output.results()));
    }
    return text.toString();
  }

  private static String output(Map<String, Object> results) {
    StringBuilder text = new StringBuilder();
    results.forEach(
        (name, value) -> {
          if (value instanceof Double number) {
            text.append("  %-26s %s%n".formatted(words(name), shown(number)));
          }
        });
    for (String table : List.of("classes", "labels", "columns")) {
      if (results.get(table) instanceof List<?> rows && rows.size() > 1) {
        text.append(System.lineSeparator()).append(table(rows));
      }
    }
    if (results.get("confusion") instanceof List<?> rows && rows.size() <= MOST_COLUMNS) {
      List<?> classes = (List<?>) results.get("classes");
      text.append("%n  how often a class (row) was taken for which (column)%n".formatted());
      text.append(confusion(classes, rows));
    }
    return text.toString();
  }

  private static String confusion(List<?> classes, List<?> rows) {
    List<List<String>> cells = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    classes.forEach(one -> head.add(String.valueOf(((Map<?, ?>) one).get("class"))));
    cells.add(head);
    for (int i = 0; i < rows.size(); i++) {
      List<String> row = new ArrayList<>(List.of(head.get(i + 1)));
      ((List<?>) rows.get(i)).forEach(value -> row.add(cell(value)));
      cells.add(row);
    }
    return aligned(cells);
  }

  /** A line for each, its first value to the left, the others to the right. */
  private static String table(List<?> rows) {
    List<List<String>> cells = new ArrayList<>();
    List<String> head = new ArrayList<>();
    ((Map<?, ?>) rows.get(0)).keySet().forEach(name -> head.add(words((String) name)));
    cells.add(head);
    for (Object row : rows.subList(0, Math.min(MOST_ROWS, rows.size()))) {
      List<String> values = new ArrayList<>();
      ((Map<?, ?>) row).values().forEach(value -> values.add(cell(value)));
      cells.add(values);
    }
    String more =
        rows.size() > MOST_ROWS ? "  and %,d more%n".formatted(rows.size() - MOST_ROWS) : "";
    return aligned(cells) + more;
  }

  private static String aligned(List<List<String>> rows) {
    StringBuilder text = new StringBuilder();
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(" ");
      for (int i = 0; i < columns; i++) {
        line.append(i == 0 ? " %-" : "  %").append(widths[i]).append('s');
      }
      text.append(line.toString().formatted(row.toArray())).append(System.lineSeparator());
    }
    return text.toString();
  }

  private static String cell(Object value) {
    return value instanceof Double number ? shown(number) : String.valueOf(value);
  }

  private static String shown(double number) {
    if (Double.isNaN(number)) {
      return "-";
    }
    double size = Math.abs(number);
    return String.format(
        Locale.ROOT, size != 0 && (size < 0.001 || size >= 1e6) ? "%.4g" : "%.4f", number);
  }

  /** {@code macroAuc} as "macro auc". */
  private static String words(String name) {
    return name.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
  }
}
