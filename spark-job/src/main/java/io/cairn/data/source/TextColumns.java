/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * Explains why columns of text cannot be read as numbers: which values are no numbers, in how many
 * rows, and what can be done about it. All columns are looked at in one pass.
 *
 * <p>Threading: the driver's thread.
 */
final class TextColumns {
  /** Columns that are looked at; the others are only counted. */
  private static final int MOST = 100;

  private static final int REPORTED = 20;
  private static final int SHOWN_CHARACTERS = 40;

  private TextColumns() {}

  /**
   * A sentence for each column, or for several in which all is alike.
   *
   * @param setting names the data, for messages
   * @param failed what the failure of the pass means
   */
  static List<String> sentences(
      Dataset<Row> data,
      String setting,
      List<String> columns,
      Function<Exception, RuntimeException> failed) {
    List<String> looked = columns.subList(0, Math.min(MOST, columns.size()));
    Row found = look(data, looked, failed);
    long rows = found.getLong(0);
    Map<Finding, List<String>> alike = new LinkedHashMap<>();
    for (int i = 0; i < looked.size(); i++) {
      long wrong = found.isNullAt(1 + 2 * i) ? 0 : found.getLong(1 + 2 * i);
      String first = found.isNullAt(2 + 2 * i) ? "" : found.getString(2 + 2 * i);
      alike
          .computeIfAbsent(new Finding(wrong, first), same -> new ArrayList<>())
          .add(looked.get(i));
    }
    List<String> sentences = new ArrayList<>();
    alike.forEach(
        (finding, names) ->
            sentences.add(
                ColumnNames.subject(names)
                    + " is string, "
                    + finding.text(setting, rows, quoted(names.get(0)))));
    int untold = columns.size() - looked.size();
    if (sentences.size() > REPORTED) {
      untold += sentences.size() - REPORTED;
      sentences.subList(REPORTED, sentences.size()).clear();
    }
    if (untold > 0) {
      sentences.add("and %d more columns are string".formatted(untold));
    }
    return sentences;
  }

  private static Row look(
      Dataset<Row> data, List<String> columns, Function<Exception, RuntimeException> failed) {
    List<Column> sums = new ArrayList<>();
    for (String name : columns) {
      String column = quoted(name);
      Column wrong =
          functions.expr(
              "%s IS NOT NULL AND try_cast(%s AS DOUBLE) IS NULL".formatted(column, column));
      sums.add(functions.sum(functions.when(wrong, 1L).otherwise(0L)));
      sums.add(functions.min(functions.when(wrong, SourceTable.column(name))));
    }
    try {
      return data.agg(functions.count(functions.lit(1)), sums.toArray(Column[]::new))
          .takeAsList(1)
          .get(0);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw failed.apply(e);
    }
  }

  /**
   * What is wrong with a column.
   *
   * @param wrong rows whose value is no number
   * @param first the first such value in the alphabet
   */
  private record Finding(long wrong, String first) {

    String text(String setting, long rows, String column) {
      if (wrong == 0) {
        return "though every value is a number or null: give its type in %s.schema, or CAST(%s AS DOUBLE) in %s.query"
            .formatted(setting, column, setting);
      }
      String value =
          first.length() > SHOWN_CHARACTERS ? first.substring(0, SHOWN_CHARACTERS) + "..." : first;
      if (wrong == rows) {
        return "and no number in any of %,d rows, such as '%s': %s.query can make numbers of it (CASE %s WHEN '%s' THEN 0 ... END)"
            .formatted(rows, value, setting, column, value);
      }
      return "and no number in %,d of %,d rows, such as '%s': if that means a missing value, options { nullValue = \"%s\" } of csv reads it as null, and %s.query leaves such rows out (WHERE %s IS NOT NULL) or fills them (COALESCE(TRY_CAST(%s AS DOUBLE), 0))"
          .formatted(wrong, rows, value, value, setting, column, column);
    }
  }

  private static String quoted(String name) {
    return name.matches("[A-Za-z_][A-Za-z0-9_]*") ? name : "`" + name.replace("`", "``") + "`";
  }
}
