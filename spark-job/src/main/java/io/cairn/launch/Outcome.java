/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.telemetry.TaskFailure;
import java.util.List;
import java.util.Optional;

/** What came of a run. */
public sealed interface Outcome {

  /** Exit code of a run that is done. */
  int EXIT_DONE = 0;

  /** Exit code of a run that failed. */
  int EXIT_FAILED = 1;

  /** Exit code for wrong usage, settings or data, or another submit of the run: do not retry. */
  int EXIT_INVALID = 2;

  /** Exit code of a run that stopped before its end: a retry goes on. */
  int EXIT_RESUMABLE = 75;

  /** The process's exit code. */
  int exitCode();

  /** Why, for a person; empty if all went well and nothing was left undone. */
  String reason();

  /**
   * The run is over and the model is in place.
   *
   * @param results what the ranks returned, in the order of ranks
   * @param reason why before all updates were done; empty if they are
   */
  record Succeeded(List<String> results, String reason) implements Outcome {
    public Succeeded {
      results = List.copyOf(results);
    }

    @Override
    public int exitCode() {
      return EXIT_DONE;
    }
  }

  /** The output holds this run already, finished. */
  record NothingToDo() implements Outcome {
    @Override
    public int exitCode() {
      return EXIT_DONE;
    }

    @Override
    public String reason() {
      return "";
    }
  }

  /**
   * An error ended it.
   *
   * @param reason the first cause
   * @param cause the failure of a task that it came from, if it came from one
   */
  record Failed(String reason, Optional<TaskFailure> cause) implements Outcome {
    @Override
    public int exitCode() {
      return EXIT_FAILED;
    }
  }

  /**
   * Settings, data or model turned out to be wrong while it ran.
   *
   * @param reason what is wrong
   */
  record Invalid(String reason) implements Outcome {
    @Override
    public int exitCode() {
      return EXIT_INVALID;
    }
  }

  /**
   * Another driver has begun a newer attempt of the same run and goes on with it. A retry of this
   * one would only take the run away from that one again.
   *
   * @param reason who has the run
   */
  record Superseded(String reason) implements Outcome {
    @Override
    public int exitCode() {
      return EXIT_INVALID;
    }
  }

  /**
   * Stopped before its end, on request or because it has to wait for something outside.
   *
   * @param reason who asked, or what is missing
   */
  record Resumable(String reason) implements Outcome {
    @Override
    public int exitCode() {
      return EXIT_RESUMABLE;
    }
  }
}
