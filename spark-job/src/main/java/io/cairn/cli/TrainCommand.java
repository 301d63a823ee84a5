/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.api.TrainingJob;
import io.cairn.launch.Outcome;
import io.cairn.launch.ResumeMode;
import io.cairn.launch.SparkSource;
import io.cairn.launch.StopRequest;
import io.cairn.settings.Settings;
import io.cairn.telemetry.StartPhase;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Trains a model.
 *
 * <p>Threading: the main thread; a stop signal brings its own.
 */
@Command(
    name = "train",
    description = "Trains the model, or goes on with the run that is in the output already.")
final class TrainCommand implements Callable<Integer> {

  /** A stop that takes longer than the ranks may take, and this for the rest, is none. */
  private static final Duration STOP_AFTER_RANKS = Duration.ofSeconds(30);

  @Mixin private SettingsArguments arguments;
  @Spec private CommandSpec spec;

  @Option(
      names = "--resume",
      paramLabel = "MODE",
      description =
          "auto: continue the run in output if there is one, nothing if it is finished (default);"
              + " never: begin, only in an empty output; require: continue, error if there is none.",
      defaultValue = "auto")
  private ResumeMode resume;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    PreparedRun run = arguments.prepare();
    Settings settings = run.settings();
    SparkSource.Own spark = new SparkSource.Own(run.forTraining());
    StopRequest stop = new StopRequest();
    stop.onSignals();
    stop.whenAsked(
        () -> {
          err.println("stopping after this update, with a checkpoint; once more to stop at once");
          endLateStop(settings.recovery().stopWithin().plus(STOP_AFTER_RANKS));
        });
    Terminal terminal = new Terminal(out, err);
    run.notes().forEach(terminal::tell);
    StartPhase.SETTINGS.over();
    Outcome outcome = TrainingJob.of(settings, run.plan(), spark, resume, terminal, stop).outcome();
    report(outcome, settings, terminal);
    return outcome.exitCode();
  }

  private void report(Outcome outcome, Settings settings, Terminal terminal) {
    PrintWriter err = spec.commandLine().getErr();
    if (outcome instanceof Outcome.Failed) {
      err.println("training failed: " + outcome.reason());
      err.println(DriverLog.whereToLook());
      return;
    }
    DriverLog.discard();
    if (outcome instanceof Outcome.Succeeded) {
      terminal.tell(terminal.summary());
      terminal.tell("model: " + settings.output() + "/model.zip");
    } else if (outcome instanceof Outcome.Invalid) {
      err.println(outcome.reason());
    } else if (outcome instanceof Outcome.Superseded) {
      err.println("this submit ends, another one has the run: " + outcome.reason());
    } else if (outcome instanceof Outcome.Resumable) {
      err.println(outcome.reason() + "; the same command goes on");
    }
  }

  /** The process must not outlive its stop, whatever hangs. */
  private static void endLateStop(Duration longest) {
    CompletableFuture.delayedExecutor(longest.toMillis(), TimeUnit.MILLISECONDS)
        .execute(() -> Runtime.getRuntime().exit(Outcome.EXIT_RESUMABLE));
  }
}
