/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.util.List;

/**
 * The data cannot be trained on as it is. The operator has to change the data or the settings;
 * trying again does not help.
 *
 * <p>Holds all problems that were found, not only the first.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What was found, one sentence each. */
  @SuppressWarnings("serial") // List.copyOf is serializable
  private final List<String> problems;

  /** All problems found, at least one. */
  public DataException(List<String> problems) {
    this(problems, null);
  }

  /** All problems found, at least one, and what brought them to light. */
  public DataException(List<String> problems, Throwable cause) {
    super(message(problems), cause);
    this.problems = List.copyOf(problems);
  }

  /** What was found, one sentence each. */
  public List<String> problems() {
    return problems;
  }

  private static String message(List<String> problems) {
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("a data error without a problem");
    }
    return problems.size() == 1
        ? problems.get(0)
        : problems.size() + " problems with the data:\n  - " + String.join("\n  - ", problems);
  }
}
