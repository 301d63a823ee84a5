/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * What is wrong with the values of a source: for each column and kind of problem, in how many
 * examples, and the first offending value.
 *
 * <p>Threading: one thread.
 */
final class ProblemCounts implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Problems reported one by one; the rest is summed up. */
  private static final int REPORTED = 20;

  /** What can be wrong with a value. */
  enum Kind {
    NULL("is null"),
    NOT_A_NUMBER("is NaN"),
    INFINITE("is infinite, or too large for the network's number format,"),
    WRONG_LENGTH("has a wrong number of values"),
    NO_STEPS("is an empty sequence"),
    TOO_MANY_STEPS("has too many time steps"),
    UNEQUAL_STEPS("has another number of time steps than the columns before it"),
    NOT_A_CLASS("holds no class index"),
    NOT_A_NAME("holds no name of a class"),
    NEGATIVE("is a negative weight");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** One kind of problem with one column. */
  static final class Tally implements Serializable {
    private static final long serialVersionUID = 1L;
    private final String column;
    private final Kind kind;
    private final String first;
    private long examples;
    private long lastExample = -1;

    private Tally(String column, Kind kind, String first) {
      this.column = column;
      this.kind = kind;
      this.first = first;
    }

    private String text(long rows) {
      String where =
          "column '%s' %s in %d of %d examples".formatted(column, kind.text, examples, rows);
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
  void add(String column, Kind kind, String detail) {
    Tally tally = tally(column, kind, detail);
    if (tally.lastExample != example) {
      tally.lastExample = example;
      tally.examples++;
    }
  }

  private Tally tally(String column, Kind kind, String detail) {
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

  boolean isEmpty() {
    return tallies.isEmpty();
  }

  /**
   * One sentence a problem, those of most examples first when there are many; of {@code rows}
   * examples in all.
   */
  List<String> sentences(long rows) {
    List<Tally> shown = new ArrayList<>(tallies);
    if (shown.size() <= REPORTED) {
      return shown.stream().map(tally -> tally.text(rows)).toList();
    }
    shown.sort((a, b) -> Long.compare(b.examples, a.examples));
    List<String> sentences = new ArrayList<>();
    shown.subList(0, REPORTED).forEach(t -> sentences.add(t.text(rows)));
    sentences.add("and %d more columns or kinds of problems".formatted(shown.size() - REPORTED));
    return sentences;
  }
}
