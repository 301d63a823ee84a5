/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.ModelExport;
import io.cairn.launch.SparkSource;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
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
    description = "Writes the settings' model as a Deeplearning4j configuration, JSON.")
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
    PreparedRun run = arguments.prepare();
    int workers = run.plan().plan().workers();
    SparkSource.Own spark = new SparkSource.Own(run.forPlanning());
    ModelExport export = ModelExport.of(run.settings(), workers, spark, to);
    PrintWriter out = spec.commandLine().getOut();
    export.notes().forEach(note -> out.print(PlanText.note(note)));
    out.println(to);
    DriverLog.discard();
    return 0;
  }
}
