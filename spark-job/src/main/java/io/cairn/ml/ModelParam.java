/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.api.TrainingJobBuilder;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * The network that the param {@code model} gives: the path of a file, or a Deeplearning4j
 * configuration as JSON.
 *
 * <p>Threading: immutable, but for its bytes, which nobody changes.
 */
final class ModelParam {

  private static final Pattern SCHEME = Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]*:.*");

  private final String given;
  private final byte[] content;

  private ModelParam(String given, byte[] content) {
    this.given = given;
    this.content = content;
  }

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if the param is not set, or there is no such file
   */
  static ModelParam of(CairnParams stage, Configuration hadoop) {
    if (!stage.isDefined(stage.model()) || stage.getModel().isBlank()) {
      throw new IllegalArgumentException(
          stage.uid()
              + ": model is not set: the path of a network's file, or a Deeplearning4j configuration as JSON");
    }
    String given = isJson(stage.getModel()) ? stage.getModel() : absolute(stage.getModel());
    return new ModelParam(
        given, isJson(given) ? given.getBytes(StandardCharsets.UTF_8) : read(stage, given, hadoop));
  }

  private static boolean isJson(String given) {
    return given.stripLeading().startsWith("{");
  }

  /** As the settings make paths absolute, so that it is the same file. */
  private static String absolute(String path) {
    boolean complete = path.startsWith("/") || SCHEME.matcher(path).matches();
    return complete
        ? path
        : java.nio.file.Path.of("").toAbsolutePath().resolve(path).normalize().toString();
  }

  private static byte[] read(CairnParams stage, String given, Configuration hadoop) {
    try {
      Path path = new Path(given);
      FileSystem files = path.getFileSystem(hadoop);
      if (files.getFileStatus(path).isDirectory()) {
        throw new IllegalArgumentException(
            "%s: model = %s is a directory, not a file".formatted(stage.uid(), given));
      }
      try (InputStream in = files.open(path)) {
        return in.readAllBytes();
      }
    } catch (FileNotFoundException e) {
      throw new IllegalArgumentException(
          "%s: model = %s: there is no such file".formatted(stage.uid(), given), e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading model = " + given, e);
    }
  }

  /** How Hadoop is set in a session. */
  static Configuration hadoop(SparkSession session) {
    return session.sessionState().newHadoopConf();
  }

  /** What to call it in messages. */
  String called() {
    return isJson(given) ? "the param model" : "model = " + given;
  }

  /** What the file holds; not to be changed. */
  byte[] content() {
    return content;
  }

  /** Tells a job of it. */
  void give(TrainingJobBuilder builder) {
    if (isJson(given)) {
      builder.modelConfiguration(given);
    } else {
      builder.modelPath(given);
    }
  }
}
