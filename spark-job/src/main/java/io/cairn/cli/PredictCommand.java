/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.HostEnvironment;
import io.cairn.launch.Prediction;
import io.cairn.launch.SparkSetup;
import io.cairn.scoring.OnInvalid;
import io.cairn.settings.Settings;
import io.cairn.settings.SourceSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Writes data with a model's outputs beside its columns.
 *
 * <p>Threading: the main thread.
 */
@Command(
    name = "predict",
    description = "Writes data, and beside its columns what the model says of each example.")
final class PredictCommand implements Callable<Integer> {

  @Mixin private SettingsArguments arguments;
  @Mixin private ScoringArguments scoring;
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      required = true,
      description = "What is scored; the label's column need not be there.")
  private String data;

  @Option(
      names = "--to",
      paramLabel = "PATH",
      required = true,
      description = "Where the result is written.")
  private String to;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "parquet",
      description = "A sink of Spark SQL, or 'table' (${DEFAULT-VALUE}).")
  private String format;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description = "An option of that sink; repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "error",
      description = "Where something is there already: error (default), append, overwrite.")
  private Prediction.Existing mode;

  @Option(
      names = "--partition-by",
      paramLabel = "COLUMN",
      split = ",",
      description = "Columns whose values become folders.")
  private List<String> partitionBy = new ArrayList<>();

  @Option(
      names = "--on-invalid",
      paramLabel = "WHAT",
      defaultValue = "error",
      description =
          "Of an example that cannot be scored: error (default); keep: its outputs are null; skip:"
              + " it is left out, and counted.")
  private OnInvalid onInvalid;

  @Option(
      names = "--outputs",
      paramLabel = "COLUMN",
      split = ",",
      description = "The outputs' columns that are written; else all.")
  private List<String> outputs = new ArrayList<>();

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What the names of the outputs' columns begin with.")
  private String prefix;

  @Override
  public Integer call() throws Exception {
    DriverLog.open(arguments.console());
    SparkConf submitted = new SparkConf(true);
    Settings settings = arguments.readForScoring(submitted);
    SourceSettings source = scoring.source(settings, data);
    SparkConf conf =
        SparkSetup.forScoring(
            submitted, settings, "predict", HostEnvironment.ofThisProcess(System.getenv()));
    Terminal terminal = new Terminal(spec.commandLine().getOut(), spec.commandLine().getErr());
    Prediction.Target target = new Prediction.Target(to, format, options, mode, partitionBy);
    Prediction.Result result =
        new Prediction(settings, conf, terminal)
            .run(
                new Prediction.Request(
                    scoring.model(), source, target, onInvalid, prefix, outputs));
    DriverLog.discard();
    terminal.tell(story(result));
    return 0;
  }

  private String story(Prediction.Result result) {
    String unscorable =
        switch (onInvalid) {
          case ERROR -> "";
          case SKIP -> ", %,d that cannot be scored left out".formatted(result.unscorable());
          case KEEP -> ", %,d that cannot be scored kept with nulls".formatted(result.unscorable());
        };
    return "%,d examples scored%s: %s (%s)".formatted(result.scored(), unscorable, to, format);
  }
}
