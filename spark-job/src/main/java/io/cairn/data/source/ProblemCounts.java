/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is wrong with the values of a source. For each column and kind of problem it counts the
 * examples and keeps the first wrong value.
 *
 * <p>Threading: one thread.
 */
final class ProblemCounts implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Problems reported one by one; the rest is summed up. */
  private static final int REPORTED = 20;

  /** What can be wrong with a value. */
  enum ProblemKind {
    NULL("is null"),
    NOT_A_NUMBER("is NaN"),
    INFINITE("is infinite, or too large for the network's number format,"),
    WRONG_LENGTH("has a wrong number of values"),
    NO_STEPS("is an empty sequence"),
    TOO_MANY_STEPS("has too many time steps"),
    UNEQUAL_STEPS("has another number of time steps than the columns before it"),
    NOT_A_CLASS("holds no class index"),
    NOT_A_NAME("holds no name of a class"),
    NEGATIVE("is a negative weight"),
    NOT_AN_INDEX("holds no index of the model's embedding"),
    NO_PICTURE("holds no picture that can be read"),
    OTHER_PICTURE("holds a picture of another size or form");

    private final String text;

    ProblemKind(String text) {
      this.text = text;
    }
  }

  /** One kind of problem with one column. */
  static final class Tally implements Serializable {
    private static final long serialVersionUID = 1L;
    private final String column;
    private final ProblemKind kind;
    private final String first;
    private long examples;
    private long lastExample = -1;

    private Tally(String column, ProblemKind kind, String first) {
      this.column = column;
      this.kind = kind;
      this.first = first;
    }

    /** What is alike in columns that one sentence is said of. */
    private String alike() {
      return kind + " " + examples + " " + first;
    }

    /** Of this column, or of all of {@code columns}, in which all is alike. */
    private String text(List<String> columns, long rows) {
      String where =
          "%s %s in %d of %d examples"
              .formatted(ColumnNames.subject(columns), kind.text, examples, rows);
      return first.isEmpty() ? where : where + ": " + first;
    }
  }

  private final ArrayList<Tally> tallies = new ArrayList<>();
  private final HashMap<String, Integer> indices = new HashMap<>();
  private long example;

  /** The values that follow belong to the next example. */
  void nextExample() {
    example++;
  }

  /**
   * Counts a problem, once an example.
   *
   * @param detail the value, and what would fit; empty where the kind says it all
   */
  void add(String column, ProblemKind kind, String detail) {
    Tally tally = tally(column, kind, detail);
    if (tally.lastExample != example) {
      tally.lastExample = example;
      tally.examples++;
    }
  }

  private Tally tally(String column, ProblemKind kind, String detail) {
    String key = kind + " " + column;
    Integer index = indices.putIfAbsent(key, tallies.size());
    if (index == null) {
      tallies.add(new Tally(column, kind, detail));
      return tallies.get(tallies.size() - 1);
    }
    return tallies.get(index);
  }

  /** Adds the problems of examples that come after these. */
  void merge(ProblemCounts later) {
    for (Tally tally : later.tallies) {
      tally(tally.column, tally.kind, tally.first).examples += tally.examples;
    }
  }

  /** What is wrong with the one example that was counted, a sentence a column and problem. */
  List<String> ofOneExample() {
    return tallies.stream()
        .map(tally -> "column '%s' %s".formatted(tally.column, tally.kind.text) + detail(tally))
        .toList();
  }

  private static String detail(Tally tally) {
    return tally.first.isEmpty() ? "" : ": " + tally.first;
  }

  /**
   * One sentence a problem, columns with the same one together, those of most examples first when
   * there are many; of {@code rows} examples in all.
   */
  List<String> sentences(long rows) {
    Map<String, List<Tally>> groups = new LinkedHashMap<>();
    for (Tally tally : tallies) {
      groups.computeIfAbsent(tally.alike(), alike -> new ArrayList<>()).add(tally);
    }
    List<List<Tally>> shown = new ArrayList<>(groups.values());
    if (shown.size() > REPORTED) {
      shown.sort((a, b) -> Long.compare(b.get(0).examples, a.get(0).examples));
    }
    List<String> sentences = new ArrayList<>();
    for (List<Tally> group : shown.subList(0, Math.min(REPORTED, shown.size()))) {
      List<String> columns = group.stream().map(tally -> tally.column).toList();
      sentences.add(group.get(0).text(columns, rows));
    }
    if (shown.size() > REPORTED) {
      sentences.add("and %d more columns or kinds of problems".formatted(shown.size() - REPORTED));
    }
    return sentences;
  }
}
