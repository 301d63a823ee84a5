/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.ModelOfSettings;
import io.cairn.launch.SparkSettings;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsException;
import io.cairn.settings.SettingsReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command line arguments that all commands with settings have in common.
 *
 * <p>Threading: filled by picocli, then read.
 */
final class SettingsArguments {

  @Parameters(paramLabel = "CONF", description = "The settings, a HOCON file.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides a setting; repeatable, the last one wins.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--verbose",
      description = "Shows warnings of the libraries, and stack traces of unexpected errors.")
  private boolean verbose;

  DriverLog.Console console() {
    return verbose ? DriverLog.Console.VERBOSE : DriverLog.Console.QUIET;
  }

  /**
   * Opens the log and reads the settings of a command that trains or plans to.
   *
   * @throws SettingsException with everything that is wrong
   */
  PreparedRun prepare() {
    DriverLog.open(console());
    SparkConf submitted = new SparkConf(true);
    return PreparedRun.of(submitted, read(submitted));
  }

  /** Reads the settings and checks their batch numbers against the cluster. */
  private Settings read(SparkConf submitted) {
    OptionalInt workers = clusterWorkers(submitted);
    return SettingsReader.read(
        file, overrides, SparkSettings.cairnsOwn(submitted), ModelOfSettings.checks(workers));
  }

  /**
   * Reads the settings for a command that has no workers: however many executors the cluster has.
   *
   * @throws SettingsException with everything that is wrong
   */
  Settings readForScoring(SparkConf submitted) {
    return SettingsReader.read(
        file,
        overrides,
        SparkSettings.cairnsOwn(submitted),
        ModelOfSettings.checks(OptionalInt.empty()));
  }

  /** The cluster may be named in the settings themselves, so they are read for that first. */
  private OptionalInt clusterWorkers(SparkConf submitted) {
    try {
      return SparkSettings.clusterWorkers(submitted, SettingsReader.read(file, overrides));
    } catch (SettingsException reportedByTheSecondReading) {
      return OptionalInt.empty();
    }
  }
}
