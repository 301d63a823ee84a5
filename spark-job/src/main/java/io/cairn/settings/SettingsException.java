/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The operator's settings are wrong. The message lists all mistakes, one per line.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * <p>Leads to exit code 2: the same settings would fail again, so nothing should retry.
 */
public final class SettingsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /**
   * Makes the exception and its message.
   *
   * @param problems at least one, in the order they are to be read
   */
  public SettingsException(List<Problem> problems) {
    super(message(problems));
    this.problems = List.copyOf(problems);
  }

  /** Every problem found; empty only in a copy that came from another process. */
  public List<Problem> problems() {
    return problems == null ? List.of() : problems;
  }

  private static String message(List<Problem> problems) {
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("a settings exception without a problem");
    }
    String heading =
        problems.size() == 1
            ? "1 problem in the settings:"
            : problems.size() + " problems in the settings:";
    return problems.stream()
        .map(problem -> "\n  " + problem)
        .collect(Collectors.joining("", heading, ""));
  }
}
