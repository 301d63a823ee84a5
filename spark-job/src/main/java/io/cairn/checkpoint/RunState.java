/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.settings.SettingsDifference;
import java.util.List;
import java.util.Optional;

/** What an {@code output} directory contains, as a run that wants to use it sees it. */
public sealed interface RunState {

  /** Nothing: the directory is absent or empty. */
  record Empty() implements RunState {}

  /**
   * This run, not yet at its end.
   *
   * @param last its last status, if it got so far as to write one
   */
  record Unfinished(Optional<RunStatus> last) implements RunState {}

  /**
   * This run, done: nothing is left to do.
   *
   * @param last its last status
   */
  record Finished(RunStatus last) implements RunState {}

  /**
   * Another run: its settings differ where they may not.
   *
   * @param differences the keys that differ, in order
   */
  record Different(List<SettingsDifference> differences) implements RunState {
    public Different {
      differences = List.copyOf(differences);
    }
  }

  /**
   * Files that are no run.
   *
   * @param found what tells so, for a person
   */
  record Foreign(String found) implements RunState {}
}
