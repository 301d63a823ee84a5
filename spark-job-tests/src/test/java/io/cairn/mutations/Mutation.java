/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mutations;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A defect of one line.
 *
 * <p>Threading: immutable.
 *
 * @param file which source, from {@code io/cairn} on
 * @param before the text that it replaces, there exactly once; white space does not matter
 * @param after the text in its place; empty to take it away
 * @param tests classes, of which one is to fail
 * @param line where the list has it
 */
record Mutation(String file, String before, String after, List<String> tests, int line) {

  Mutation {
    tests = List.copyOf(tests);
  }

  /** Where the source is, from the project's folder on. */
  String path() {
    return "spark-job/src/main/java/io/cairn/" + file;
  }

  /**
   * The source with the defect in it.
   *
   * @throws MutationException if the text is not in it, or more than once
   */
  String appliedTo(String source) {
    Matcher found = pattern().matcher(source);
    if (!found.find()) {
      throw new MutationException(this + ": the text is not in the file any more");
    }
    int start = found.start();
    int end = found.end();
    if (found.find()) {
      throw new MutationException(this + ": the text is in the file more than once");
    }
    return source.substring(0, start) + after + source.substring(end);
  }

  /** The formatter may break a line elsewhere tomorrow. */
  private Pattern pattern() {
    return Pattern.compile(
        before
            .chars()
            .filter(letter -> !Character.isWhitespace(letter))
            .mapToObj(letter -> Pattern.quote(Character.toString(letter)))
            .collect(Collectors.joining("\\s*")));
  }

  @Override
  public String toString() {
    return "%s: %s -> %s".formatted(file, before, after.isEmpty() ? "(nothing)" : after);
  }
}
