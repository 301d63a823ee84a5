/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import io.cairn.data.DataException;
import io.cairn.launch.LaunchException;
import io.cairn.replica.ModelException;
import io.cairn.settings.Problem;
import io.cairn.settings.SettingsException;
import java.util.List;
import java.util.Optional;

/**
 * What was asked for cannot be: settings, data, model or session are wrong. The same job would fail
 * in the same way.
 *
 * <p>Each problem names the setting or the column, its value, and what would fit.
 */
public final class InvalidJobException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /**
   * @param problems at least one
   */
  public InvalidJobException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  private InvalidJobException(List<String> problems, RuntimeException found) {
    super(found.getMessage(), found);
    this.problems = List.copyOf(problems);
  }

  /** All that is wrong, a sentence each. */
  public List<String> problems() {
    return problems == null ? List.of(getMessage()) : problems;
  }

  /** The same in a program's words, if the user has made the mistake. */
  static Optional<InvalidJobException> of(RuntimeException error) {
    if (error instanceof SettingsException settings) {
      return Optional.of(
          new InvalidJobException(
              settings.problems().stream().map(Problem::toString).toList(), error));
    }
    if (error instanceof DataException data) {
      return Optional.of(new InvalidJobException(data.problems(), error));
    }
    if (error instanceof ModelException) {
      return Optional.of(new InvalidJobException(List.of(error.getMessage()), error));
    }
    if (error instanceof LaunchException) {
      return Optional.of(new InvalidJobException(error.getMessage().lines().toList(), error));
    }
    return Optional.empty();
  }
}
