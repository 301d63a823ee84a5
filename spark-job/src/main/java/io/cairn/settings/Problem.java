/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;

/**
 * One mistake in what the operator asked for, with everything that is needed to correct it.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param file where it stands: a file, {@code --set}, or empty where no place is known
 * @param line the line in that file, from 1; 0 where there is none
 * @param key the setting, such as {@code batch.micro}; empty where it concerns no single one
 * @param value the value as given but for what is secret in it, empty if none was
 * @param message what is wrong with it, such as {@code must be at least 1}
 * @param fits what would be valid, empty if the message says it all
 */
public record Problem(
    String file, int line, String key, String value, String message, String fits) {

  private static final int LONGEST_VALUE = 80;

  public Problem {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(key, "key");
    value = Secrets.shown(key, Objects.requireNonNull(value, "value"));
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(fits, "fits");
  }

  /** A problem that no place in a file is known for yet. */
  public static Problem of(String key, String value, String message, String fits) {
    return new Problem("", 0, key, value, message, fits);
  }

  /**
   * One line for a terminal, such as {@code conf/x.conf:12: batch.micro = -3: must be at least 1}.
   */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder();
    if (file.equals(SettingsReader.OVERRIDE)) {
      line.append(file).append(key.isEmpty() && value.isEmpty() ? ": " : " ");
    } else if (!file.isEmpty()) {
      line.append(file).append(this.line > 0 ? ":" + this.line : "").append(": ");
    }
    line.append(key);
    if (!value.isEmpty()) {
      line.append(key.isEmpty() ? "" : " = ").append(shortened(value));
    }
    line.append(key.isEmpty() && value.isEmpty() ? "" : ": ").append(message);
    return fits.isEmpty() ? line.toString() : line.append("; ").append(fits).toString();
  }

  private static String shortened(String value) {
    String oneLine = value.replaceAll("\\s+", " ");
    return oneLine.length() <= LONGEST_VALUE
        ? oneLine
        : oneLine.substring(0, LONGEST_VALUE - 3) + "...";
  }
}
