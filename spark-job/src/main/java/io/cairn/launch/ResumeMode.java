/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.Checkpoint;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunState;
import io.cairn.checkpoint.RunStatus;
import io.cairn.settings.SettingsDifference;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What to do with a run that is in {@code output} already: the {@code --resume} option. */
public enum ResumeMode {
  /** Continue it if there is one, do nothing if it is finished, else begin. */
  AUTO,
  /** Begin, and only in an empty output. */
  NEVER,
  /** Continue it; error if there is none. */
  REQUIRE;

  /** What follows from a mode and an output. */
  public enum Decision {
    /** Train. */
    TRAIN,
    /** The run is finished: do nothing. */
    NOTHING_TO_DO
  }

  /**
   * Decides.
   *
   * @param directory the run's output
   * @param state what it holds
   * @throws LaunchException if this run cannot use it
   */
  public Decision decide(RunDirectory directory, RunState state) {
    String output = "output = " + directory.location() + ": ";
    if (state instanceof RunState.Foreign foreign) {
      throw refused(output + foreign.found() + ", so it is no run; name a new or empty directory");
    }
    if (state instanceof RunState.Different different) {
      throw refused(
          output
              + "it holds a run with other settings: "
              + different.differences().stream()
                  .map(SettingsDifference::toString)
                  .collect(Collectors.joining("; "))
              + ". Name another output, or take these settings back");
    }
    if (state instanceof RunState.Empty) {
      if (this == REQUIRE) {
        throw refused(output + "it holds no run that --resume require could continue");
      }
      return Decision.TRAIN;
    }
    if (this == NEVER) {
      throw refused(
          output
              + "it holds this run already, and --resume never begins only in an empty output;"
              + " name another output, or leave --resume out");
    }
    return state instanceof RunState.Finished ? Decision.NOTHING_TO_DO : Decision.TRAIN;
  }

  /**
   * Says no where a run can only begin again although it should go on.
   *
   * @param directory the run's output
   * @param found the newest good checkpoint, if there is one
   * @throws LaunchException if this mode, or this run, needs one
   */
  void requireFound(RunDirectory directory, Optional<Checkpoint> found) throws IOException {
    if (found.isPresent()) {
      return;
    }
    if (this == REQUIRE) {
      throw refused(
          "output = "
              + directory.location()
              + ": it holds no good checkpoint that --resume require could continue from");
    }
    boolean succeeded =
        directory.status().filter(last -> last.state() == RunStatus.State.SUCCEEDED).isPresent();
    if (succeeded) {
      throw refused(
          "output = "
              + directory.location()
              + ": its run is finished, but no good checkpoint is left to go on from; name another"
              + " output to train again from the beginning");
    }
  }

  /** As the command line has it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static LaunchException refused(String problem) {
    return new LaunchException(List.of(problem));
  }
}
