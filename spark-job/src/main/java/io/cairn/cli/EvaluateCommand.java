/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.EvaluationFile;
import io.cairn.launch.HostEnvironment;
import io.cairn.launch.Measurement;
import io.cairn.launch.SparkSetup;
import io.cairn.settings.Settings;
import io.cairn.settings.SourceSettings;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Measures a model.
 *
 * <p>Threading: the main thread.
 */
@Command(
    name = "evaluate",
    description = "Measures a model on the validation data, or on other data.")
final class EvaluateCommand implements Callable<Integer> {

  @Mixin private SettingsArguments arguments;
  @Mixin private ScoringArguments scoring;
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "Other data with labels; else the run's validation data.")
  private String data;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "Where the numbers are written, as JSON; else evaluation.json in output.")
  private String to;

  @Override
  public Integer call() throws Exception {
    DriverLog.open(arguments.console());
    SparkConf submitted = new SparkConf(true);
    Settings settings = arguments.readForScoring(submitted);
    Optional<SourceSettings> other =
        Optional.ofNullable(data).map(path -> scoring.source(settings, path));
    if (other.isEmpty()) {
      scoring.requireNothingOfData();
    }
    SparkConf conf =
        SparkSetup.forScoring(
            submitted, settings, "evaluate", HostEnvironment.ofThisProcess(System.getenv()));
    Terminal terminal = new Terminal(spec.commandLine().getOut(), spec.commandLine().getErr());
    Measurement.Report report =
        new Measurement(settings, conf, terminal).run(scoring.model(), other);
    String place = to == null ? settings.output() + "/evaluation.json" : to;
    EvaluationFile.write(report, place, conf);
    DriverLog.discard();
    spec.commandLine().getOut().print(EvaluationText.of(report));
    terminal.tell("all numbers: " + place);
    return 0;
  }
}
