/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.HostEnvironment;
import io.cairn.launch.ModelExport;
import io.cairn.launch.SparkSettings;
import io.cairn.launch.SparkSetup;
import io.cairn.launch.SparkSource;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.Settings;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Writes the model that the settings describe as Deeplearning4j's JSON. Of the data only the schema
 * is read, and a row where a column holds arrays.
 *
 * <p>Threading: the main thread.
 */
@Command(
    name = "model",
    description = "Writes the settings' model as a Deeplearning4j configuration, JSON.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ModelCommand implements Callable<Integer> {

  @Mixin private SettingsArguments arguments;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      required = true,
      description = "Where to write it: a file that is not there yet, on any Hadoop file system.")
  private String to;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    DriverLog.open(arguments.console());
    SparkConf submitted = new SparkConf(true);
    Settings settings = arguments.read(submitted);
    int workers =
        AskedPlan.resolve(settings.batch(), SparkSettings.clusterWorkers(submitted, settings))
            .plan()
            .workers();
    SparkConf conf =
        SparkSetup.forPlanning(
            submitted, settings, workers, HostEnvironment.ofThisProcess(System.getenv()));
    ModelExport export = ModelExport.of(settings, workers, new SparkSource.Own(conf), to);
    PrintWriter out = spec.commandLine().getOut();
    export.notes().forEach(note -> out.print(PlanText.note(note)));
    out.println(to);
    DriverLog.discard();
    return 0;
  }
}
