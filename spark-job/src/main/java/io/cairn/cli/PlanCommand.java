/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.api.TrainingJob;
import io.cairn.launch.ResumeMode;
import io.cairn.launch.SparkSettings;
import io.cairn.launch.SparkSource;
import io.cairn.launch.StopRequest;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
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
    description = "Checks settings, model and data, and shows what training would take.")
final class PlanCommand implements Callable<Integer> {

  @Mixin private SettingsArguments arguments;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PreparedRun run = arguments.prepare();
    TrainingJob job =
        TrainingJob.of(
            run.settings(),
            run.plan(),
            new SparkSource.Own(run.forPlanning()),
            ResumeMode.AUTO,
            new Terminal(spec.commandLine().getOut(), spec.commandLine().getErr()),
            new StopRequest());
    PrintWriter out = spec.commandLine().getOut();
    long heapBytes = SparkSettings.executorHeapBytes(run.submitted(), run.settings());
    out.print(PlanText.of(job.inspect(), heapBytes));
    run.notes().forEach(note -> out.print(PlanText.note(note)));
    DriverLog.discard();
    return 0;
  }
}
