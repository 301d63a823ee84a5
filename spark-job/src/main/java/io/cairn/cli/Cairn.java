/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.LaunchException;
import io.cairn.launch.Outcome;
import io.cairn.launch.SupportedPlatform;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import org.apache.spark.SparkUserAppException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The program: {@code cairn COMMAND ...}.
 *
 * <p>Exit codes: 0 done, 1 failed, 2 wrong usage, settings, data or model, 75 stopped but
 * resumable.
 *
 * <p>Threading: the main thread.
 */
@Command(
    name = "cairn",
    description = "Exact distributed training of Deeplearning4j models on Apache Spark.",
    subcommands = {
      PlanCommand.class,
      ModelCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      VerifyCommand.class,
      ReportCommand.class
    },
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done, also when nothing was left to do",
      "1:failed",
      "2:wrong usage, settings, data or model: do not retry",
      "75:stopped, can be continued: retry"
    })
public final class Cairn implements Runnable {

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  public Cairn() {}

  /**
   * Runs the program and ends the process.
   *
   * @param arguments the command line
   * @throws SparkUserAppException where that is how the process learns of an exit code
   */
  public static void main(String[] arguments) throws SparkUserAppException {
    PrintWriter err = console(System.err);
    int exitCode;
    try {
      SupportedPlatform.require();
      exitCode = run(arguments, console(System.out), err);
    } catch (LaunchException e) {
      err.println(e.getMessage());
      HostProcess.endUnsupported(e);
      return;
    } catch (Error e) {
      // Else threads of Spark's would keep a broken process alive.
      e.printStackTrace(err);
      exitCode = Outcome.EXIT_FAILED;
    }
    HostProcess.end(exitCode);
  }

  /** Runs the program. */
  static int run(String[] arguments, PrintWriter out, PrintWriter err) {
    CommandLine commands =
        new CommandLine(new Cairn())
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(true)
            .setExecutionExceptionHandler(new Mistakes());
    int exitCode = commands.execute(arguments);
    out.flush();
    err.flush();
    return exitCode;
  }

  /** Without a command there is nothing to do. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  private static PrintWriter console(java.io.PrintStream stream) {
    return new PrintWriter(stream, true, Charset.defaultCharset());
  }
}
