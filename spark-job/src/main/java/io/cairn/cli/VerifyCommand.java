/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.Outcome;
import io.cairn.launch.StopRequest;
import io.cairn.launch.Verification;
import io.cairn.launch.VerificationReport;
import io.cairn.launch.Verified;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Tries whether updates by several workers are those of one big batch.
 *
 * <p>Threading: the main thread; a stop signal brings its own.
 */
@Command(
    name = "verify",
    description =
        "Makes a few updates as training would, and as one big batch on one worker, and compares"
            + " them layer by layer.")
final class VerifyCommand implements Callable<Integer> {

  private static final int MOST_UPDATES = 100_000;

  @Mixin private SettingsArguments arguments;
  @Spec private CommandSpec spec;

  @Option(
      names = "--updates",
      paramLabel = "N",
      description = "How many updates; ${DEFAULT-VALUE} if it is not given.",
      defaultValue = "5")
  private int updates;

  @Override
  public Integer call() throws Exception {
    if (updates < 1 || updates > MOST_UPDATES) {
      throw new ParameterException(
          spec.commandLine(),
          "--updates = %d: a number from 1 to %,d".formatted(updates, MOST_UPDATES));
    }
    PreparedRun run = arguments.prepare();
    SparkConf conf = run.forTraining();
    StopRequest stop = new StopRequest();
    stop.onSignals();
    Terminal terminal = new Terminal(spec.commandLine().getOut(), spec.commandLine().getErr());
    run.notes().forEach(terminal::tell);
    Verified verified =
        new Verification(run.settings(), run.plan(), conf, terminal, stop).run(updates);
    if (verified instanceof Verified.Compared compared) {
      DriverLog.discard();
      spec.commandLine().getOut().print(VerificationText.of(compared.report()));
      return compared.report().verdict() instanceof VerificationReport.Verdict.Differs
          ? Outcome.EXIT_FAILED
          : Outcome.EXIT_DONE;
    }
    return unfinished((Verified.Unfinished) verified);
  }

  private int unfinished(Verified.Unfinished unfinished) {
    spec.commandLine()
        .getErr()
        .println(
            "not verified: the updates in %s did not come to their end: %s"
                .formatted(unfinished.format(), unfinished.outcome().reason()));
    if (unfinished.outcome() instanceof Outcome.Failed) {
      spec.commandLine().getErr().println(DriverLog.whereToLook());
    } else {
      DriverLog.discard();
    }
    return unfinished.outcome().exitCode();
  }
}
