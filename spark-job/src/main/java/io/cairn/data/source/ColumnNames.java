/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * Finds the columns of a source that are meant by names and by patterns with {@code *}. A pattern
 * stands for its columns in the order of the source. It leaves out columns that are named elsewhere
 * as labels.
 *
 * <p>Threading: immutable, safe everywhere.
 */
final class ColumnNames {
  private static final int LISTED = 12;
  private static final int SUGGESTED = 3;

  private final List<String> available;

  ColumnNames(List<String> available) {
    this.available = List.copyOf(available);
  }

  /**
   * The columns that {@code wanted} stands for, each once.
   *
   * @param leftOut columns that a pattern does not match
   * @param problems takes a sentence for each name or pattern without a column
   */
  List<String> resolve(List<String> wanted, Set<String> leftOut, List<String> problems) {
    Set<String> found = new LinkedHashSet<>();
    for (String name : wanted) {
      if (isPattern(name)) {
        List<String> matches =
            available.stream().filter(c -> matches(name, c) && !leftOut.contains(c)).toList();
        if (matches.isEmpty()) {
          problems.add("no column matches '" + name + "'; " + listed());
        }
        found.addAll(matches);
      } else if (available.contains(name)) {
        found.add(name);
      } else {
        problems.add("no column '" + name + "'" + nearest(name) + "; " + listed());
      }
    }
    return List.copyOf(found);
  }

  /** The columns as the subject of a sentence in the singular. */
  static String subject(List<String> columns) {
    if (columns.size() == 1) {
      return "column '" + columns.get(0) + "'";
    }
    int named = Math.min(SUGGESTED, columns.size());
    return "each of %d columns ('%s'%s)"
        .formatted(
            columns.size(),
            String.join("', '", columns.subList(0, named)),
            named < columns.size() ? ", ..." : "");
  }

  static boolean isPattern(String name) {
    return name.indexOf('*') >= 0;
  }

  private static boolean matches(String pattern, String column) {
    StringBuilder regex = new StringBuilder();
    for (String literal : pattern.split("\\*", -1)) {
      regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(column).matches();
  }

  private String nearest(String name) {
    int limit = Math.max(2, name.length() / 3);
    LevenshteinDistance distance = new LevenshteinDistance(limit);
    List<String> near = new ArrayList<>(available);
    near.removeIf(column -> distance(distance, name, column) < 0);
    near.sort(Comparator.comparingInt(column -> distance(distance, name, column)));
    return near.isEmpty()
        ? ""
        : ", nearest: " + String.join(", ", near.subList(0, Math.min(SUGGESTED, near.size())));
  }

  /** Edits between the two, upper and lower case being the same; -1 beyond the limit. */
  private static int distance(LevenshteinDistance distance, String a, String b) {
    return distance.apply(
        a.toLowerCase(java.util.Locale.ROOT), b.toLowerCase(java.util.Locale.ROOT));
  }

  private String listed() {
    if (available.size() <= LISTED) {
      return "the columns are " + String.join(", ", available);
    }
    return "the columns are %s and %d more"
        .formatted(String.join(", ", available.subList(0, LISTED)), available.size() - LISTED);
  }
}
