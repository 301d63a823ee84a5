/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.EvaluationFile;
import io.cairn.launch.SparkSettings;
import io.cairn.report.RunPage;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Writes the page of a run, or one of several runs side by side. Starts neither Spark nor a model.
 *
 * <p>Threading: the main thread.
 */
@Command(
    name = "report",
    description = "Writes a run's page from its files, or one that compares several runs.")
final class ReportCommand implements Callable<Integer> {

  private static final String HADOOP = "spark.hadoop.";
  private static final String COMPARISON = "comparison.html";

  @Spec private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "RUN_DIR", description = "The outputs of runs.")
  private List<String> runs;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description =
          "Where the page goes; else report.html in RUN_DIR, and of several runs comparison.html"
              + " here.")
  private String to;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "A setting of the file system that holds the runs, spark.hadoop.KEY=VALUE; repeatable.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  @Option(names = "--verbose", description = "Shows stack traces of unexpected errors.")
  private boolean verbose;

  @Override
  public Integer call() throws Exception {
    DriverLog.open(verbose ? DriverLog.Console.VERBOSE : DriverLog.Console.QUIET);
    SparkConf conf = new SparkConf(true);
    for (Map.Entry<String, String> each : overrides.entrySet()) {
      if (!each.getKey().startsWith(HADOOP)) {
        throw new ParameterException(
            spec.commandLine(),
            "--set %s=%s: a page is written from a run's files, and only settings of their file system, %sKEY, are of use"
                .formatted(each.getKey(), each.getValue(), HADOOP));
      }
      conf.set(each.getKey(), each.getValue());
    }
    Map<String, String> hadoop = SparkSettings.hadoop(conf);
    String place;
    if (runs.size() == 1 && to == null) {
      place = RunPage.write(runs.get(0), hadoop);
    } else {
      place = to == null ? here(COMPARISON) : to;
      EvaluationFile.write(RunPage.of(runs, hadoop, Instant.now()), place, conf);
    }
    DriverLog.discard();
    PrintWriter out = spec.commandLine().getOut();
    out.println("page: " + place);
    return 0;
  }

  /** Without a scheme a file would be on Hadoop's default file system. */
  static String here(String file) {
    return Path.of(file).toAbsolutePath().toUri().toString();
  }
}
