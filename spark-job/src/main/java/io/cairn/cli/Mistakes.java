/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.api.InvalidJobException;
import io.cairn.api.TrainingFailedException;
import io.cairn.data.DataException;
import io.cairn.launch.AccessRefusal;
import io.cairn.launch.LaunchException;
import io.cairn.launch.Outcome;
import io.cairn.replica.ModelException;
import io.cairn.report.NoRunException;
import io.cairn.settings.SettingsException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/**
 * Prints why a command failed. For an operator's mistake it prints the message and nothing else.
 * For anything else it prints one line that says where to read more.
 *
 * <p>Threading: stateless.
 */
final class Mistakes implements IExecutionExceptionHandler {

  @Override
  public int handleExecutionException(Exception thrown, CommandLine command, ParseResult parsed) {
    Exception error = cause(thrown);
    PrintWriter err = command.getErr();
    Optional<String> mistake = mistake(error);
    if (mistake.isPresent()) {
      err.println(command.getColorScheme().errorText(mistake.get()));
      DriverLog.discard();
      return Outcome.EXIT_INVALID;
    }
    err.println(command.getColorScheme().errorText("cairn failed: " + firstLine(error)));
    if (command.getParseResult().hasMatchedOption("--verbose")) {
      error.printStackTrace(err);
    } else {
      err.println(DriverLog.whereToLook());
    }
    return Outcome.EXIT_FAILED;
  }

  /** What a job wraps for programs. */
  private static Exception cause(Exception thrown) {
    return thrown instanceof TrainingFailedException && thrown.getCause() instanceof Exception cause
        ? cause
        : thrown;
  }

  /** What the operator is told where a retry would fail the same way. */
  private static Optional<String> mistake(Exception error) {
    boolean isOperators =
        error instanceof SettingsException
            || error instanceof DataException
            || error instanceof ModelException
            || error instanceof LaunchException
            || error instanceof InvalidJobException
            || error instanceof NoRunException
            // Its jars are missing, or there is no such store.
            || error instanceof UnsupportedFileSystemException;
    return isOperators
        ? Optional.of(error.getMessage())
        : AccessRefusal.in(error).map(AccessRefusal::sentence);
  }

  private static String firstLine(Exception error) {
    String message = error.getMessage();
    String kind =
        error instanceof IOException && !(error instanceof FileNotFoundException)
            ? ""
            : error.getClass().getSimpleName();
    String line = message == null ? error.toString() : message.lines().findFirst().orElse(message);
    return kind.isEmpty() || message == null ? line : kind + ": " + line;
  }
}
