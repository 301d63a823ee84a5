/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The problems found so far while reading one file and its overrides. Reading goes on after a
 * problem, so that the operator sees all of them at once.
 *
 * <p>Threading: one thread.
 */
final class Findings {

  private final String file;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * Starts without problems.
   *
   * @param file what missing settings are reported against
   */
  Findings(String file) {
    this.file = file;
  }

  /** A value that is there and wrong. */
  void wrong(ConfigValue value, String key, String message, String fits) {
    ConfigOrigin origin = value.origin();
    problems.add(new Problem(fileOf(origin), lineOf(origin), key, textOf(value), message, fits));
  }

  /** A problem that somebody else found, with the place that is known for it here. */
  void at(String placeFile, int line, Problem problem) {
    problems.add(
        new Problem(
            placeFile.isEmpty() ? file : placeFile,
            line,
            problem.key(),
            problem.value(),
            problem.message(),
            problem.fits()));
  }

  /** A problem with a place but no readable value. */
  void add(Problem problem) {
    problems.add(problem);
  }

  /**
   * A setting that is not there; said only where nothing else is wrong with it or the blocks around
   * it, since it may be absent only for that reason.
   */
  void missing(String key, String message, String fits) {
    boolean explained =
        problems.stream()
            .anyMatch(
                other ->
                    other.key().equals(key)
                        || (!other.key().isEmpty() && key.startsWith(other.key() + ".")));
    if (!explained) {
      problems.add(new Problem(file, 0, key, "", message, fits));
    }
  }

  /** Whether something is wrong with a block or a setting in it. */
  boolean concerns(String block) {
    return problems.stream()
        .anyMatch(problem -> problem.key().equals(block) || problem.key().startsWith(block + "."));
  }

  /**
   * Ends the reading where anything was found: in the order of files and lines, missing ones last.
   */
  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new SettingsException(
          problems.stream()
              .sorted(
                  Comparator.comparing((Problem problem) -> problem.line() == 0)
                      .thenComparing(Problem::file)
                      .thenComparing(Problem::line))
              .toList());
    }
  }

  /** The value as a person would write it. */
  static String textOf(ConfigValue value) {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> value.atKey("value").getString("value");
      case NULL -> "null";
      case LIST, OBJECT -> value.render(ConfigRenderOptions.concise());
    };
  }

  /** Whether the value is one text, number or boolean. */
  static boolean isScalar(ConfigValue value) {
    ConfigValueType type = value.valueType();
    return type == ConfigValueType.STRING
        || type == ConfigValueType.NUMBER
        || type == ConfigValueType.BOOLEAN;
  }

  /** The file as the operator named it, or {@code --set}. */
  static String fileOf(ConfigOrigin origin) {
    if (origin.description().startsWith(SettingsReader.OVERRIDE)) {
      return SettingsReader.OVERRIDE;
    }
    if (origin.description().startsWith(SettingsReader.PROGRAM)) {
      return "";
    }
    return origin.filename() == null
        ? origin.description().replaceFirst(": \\d+$", "")
        : origin.filename();
  }

  /** The line from 1, or 0. */
  static int lineOf(ConfigOrigin origin) {
    return origin.description().startsWith(SettingsReader.OVERRIDE)
        ? 0
        : Math.max(0, origin.lineNumber());
  }
}
