/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.LaunchException;
import io.cairn.settings.Settings;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/**
 * The arguments of the commands that score: which model, and how the data that {@code --data} names
 * is read.
 *
 * <p>Threading: filled by picocli, then read.
 */
final class ScoringArguments {

  private static final String TABLE = "table";

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "A DL4J archive or a Keras file; else the model.zip of the run in output.")
  private String model;

  @Option(
      names = "--data-format",
      paramLabel = "FORMAT",
      description =
          "The data's format, or 'table'; else it is read as data.validation or data.train says.")
  private String format;

  @Option(
      names = "--data-option",
      paramLabel = "KEY=VALUE",
      description = "An option of that format; repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  /** The model's path; empty for the run's own. */
  Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /**
   * What {@code --data} names: a place that is read as the run's own data is (its validation data,
   * or else its training data, with options, schema and query), unless a format is given.
   *
   * @param path what is read; a table's name for the format {@code table}
   * @throws LaunchException if an option is given that nothing reads
   */
  SourceSettings source(Settings settings, String path) {
    SourceSettings like = settings.data().validation().orElse(settings.data().train());
    if (TABLE.equals(format)) {
      refuseOptions("a table has no options");
      return new SourceSettings(new SourcePlace.Table(path), Optional.empty(), Map.of());
    }
    if (format != null) {
      return new SourceSettings(path, format, options);
    }
    if (!(like.place() instanceof SourcePlace.Files files)) {
      refuseOptions("--data is a table, as the run's data is, unless --data-format is given");
      return new SourceSettings(new SourcePlace.Table(path), like.query(), like.views());
    }
    Map<String, String> all = new LinkedHashMap<>(files.options());
    all.putAll(options);
    return new SourceSettings(
        new SourcePlace.Files(Optional.of(path), files.format(), all, files.schema()),
        like.query(),
        like.views());
  }

  /**
   * Says that {@code --data} is not given.
   *
   * @throws LaunchException if something says how it is read
   */
  void requireNothingOfData() {
    if (format != null) {
      throw new LaunchException(
          List.of(
              "--data-format = %s says how --data is read, which is not given".formatted(format)));
    }
    refuseOptions("it is for --data, which is not given");
  }

  private void refuseOptions(String why) {
    if (!options.isEmpty()) {
      String given =
          options.entrySet().stream()
              .map(option -> "--data-option %s=%s".formatted(option.getKey(), option.getValue()))
              .collect(Collectors.joining(" "));
      throw new LaunchException(List.of(given + ": " + why));
    }
  }
}
