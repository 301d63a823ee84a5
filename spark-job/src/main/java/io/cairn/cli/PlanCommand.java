/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.api.TrainingJob;
import io.cairn.launch.HostEnvironment;
import io.cairn.launch.ResumeMode;
import io.cairn.launch.SparkSettings;
import io.cairn.launch.SparkSetup;
import io.cairn.launch.SparkSource;
import io.cairn.launch.StopRequest;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.Settings;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Resolves and checks everything without a cluster: data is read by this process.
 *
 * <p>Threading: the main thread.
 */
@Command(
    name = "plan",
    description = "Checks settings, model and data, and shows what training would take.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class PlanCommand implements Callable<Integer> {

  @Mixin private SettingsArguments arguments;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    DriverLog.open(arguments.console());
    SparkConf submitted = new SparkConf(true);
    Settings settings = arguments.read(submitted);
    AskedPlan plan =
        AskedPlan.resolve(settings.batch(), SparkSettings.clusterWorkers(submitted, settings));
    HostEnvironment environment = HostEnvironment.ofThisProcess(System.getenv());
    SparkConf conf =
        SparkSetup.forPlanning(submitted, settings, plan.plan().workers(), environment);
    TrainingJob job =
        TrainingJob.of(
            settings,
            plan,
            new SparkSource.Own(conf),
            ResumeMode.AUTO,
            new Terminal(spec.commandLine().getOut(), spec.commandLine().getErr()),
            new StopRequest());
    PrintWriter out = spec.commandLine().getOut();
    out.print(PlanText.of(job.inspect(), SparkSettings.executorHeapBytes(submitted, settings)));
    SparkSetup.notes(submitted, settings, environment)
        .forEach(note -> out.print(PlanText.note(note)));
    DriverLog.discard();
    return 0;
  }
}
