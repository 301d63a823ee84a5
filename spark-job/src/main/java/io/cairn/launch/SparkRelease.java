/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * Which Spark this jar is built for, and which one runs it. Both are read from files, not by
 * Spark's classes: those of another Scala fail in ways that tell nobody what is wrong.
 *
 * <p>Threading: immutable.
 *
 * @param release its first two numbers, such as 3.5
 */
public record SparkRelease(String release) {

  private static final String BUILT_FOR = "spark.properties";

  /** Every spark-core has it. */
  private static final String RUNNING = "/spark-version-info.properties";

  /** The one that this jar is built for. */
  static SparkRelease builtFor() {
    return read(BUILT_FOR)
        .map(properties -> new SparkRelease(properties.getProperty("release")))
        .orElseThrow(() -> new IllegalStateException(BUILT_FOR + " is missing in the jar"));
  }

  /** The one on the class path; empty where that cannot be told. */
  static Optional<SparkRelease> running() {
    return read(RUNNING)
        .map(properties -> properties.getProperty("version", ""))
        .filter(version -> version.matches("\\d+\\.\\d+(\\D.*)?"))
        .map(version -> new SparkRelease(version.replaceFirst("^(\\d+\\.\\d+).*", "$1")));
  }

  /**
   * Sees to it that they are one.
   *
   * @throws LaunchException that names both, if they are not
   */
  public static void requireSame() {
    running().ifPresent(running -> require(builtFor(), running));
  }

  static void require(SparkRelease builtFor, SparkRelease running) {
    if (!running.equals(builtFor)) {
      throw new LaunchException(
          List.of(
              "this jar of Cairn is built for Spark %s, and this is Spark %s: take the jar for Spark %s (README: which jar for which cluster)"
                  .formatted(builtFor.release(), running.release(), running.release())));
    }
  }

  private static Optional<Properties> read(String resource) {
    try (InputStream in = SparkRelease.class.getResourceAsStream(resource)) {
      if (in == null) {
        return Optional.empty();
      }
      Properties properties = new Properties();
      properties.load(in);
      return Optional.of(properties);
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " cannot be read", e);
    }
  }
}
