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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which Spark this jar is built for, and which one runs it. Both are read from files, not by
 * Spark's classes: those of another Scala fail in ways that tell nobody what is wrong.
 *
 * <p>Threading: immutable.
 *
 * @param release its first two numbers, such as 3.5
 * @param scala those of the Scala that it is built with
 */
record SparkRelease(String release, String scala) {

  private static final String BUILT_FOR = "spark.properties";

  /** Every spark-core has it. */
  private static final String SPARK = "/spark-version-info.properties";

  /** Every scala-library has it. */
  private static final String SCALA = "/library.properties";

  private static final Pattern FIRST_TWO_NUMBERS = Pattern.compile("^\\d+\\.\\d+(?!\\d)");

  /** The one that this jar is built for. */
  static SparkRelease builtFor() {
    return read(BUILT_FOR)
        .map(built -> new SparkRelease(built.getProperty("release"), built.getProperty("scala")))
        .orElseThrow(() -> new IllegalStateException(BUILT_FOR + " is missing in the jar"));
  }

  /** The one on the class path; empty where that cannot be told. */
  static Optional<SparkRelease> running() {
    return firstTwo(SPARK, "version")
        .flatMap(
            release ->
                firstTwo(SCALA, "version.number").map(scala -> new SparkRelease(release, scala)));
  }

  /**
   * Sees to it that they are one.
   *
   * @throws LaunchException that names both, if they are not
   */
  static void requireSame() {
    running().ifPresent(running -> require(builtFor(), running));
  }

  static void require(SparkRelease builtFor, SparkRelease running) {
    if (!running.equals(builtFor)) {
      throw new LaunchException(
          List.of(
              "this jar of Cairn is built for %s, and this is %s; README (On a cluster) has which jar is for which"
                  .formatted(builtFor, running)));
    }
  }

  /** For a person. */
  @Override
  public String toString() {
    return "Spark " + release + " with Scala " + scala;
  }

  private static Optional<String> firstTwo(String resource, String property) {
    return read(resource)
        .map(properties -> FIRST_TWO_NUMBERS.matcher(properties.getProperty(property, "")))
        .filter(Matcher::find)
        .map(Matcher::group);
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
