/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.Checkpoint;
import io.cairn.checkpoint.SettingsDifference;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.RunPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whether a run can go on from a checkpoint: the same settings where they matter, the same data,
 * and a plan under which the epoch can be finished. A checkpoint is whole when it comes here, but
 * not trusted to be this run's.
 *
 * <p>Threading: immutable, safe everywhere. Its failure is a {@link LaunchException} with all that
 * does not fit.
 *
 * @param settingsJson the run's resolved settings with the plan
 * @param plan the batch plan
 * @param examples training examples of all ranks
 * @param updates updates of the whole run
 */
record CheckpointFit(String settingsJson, BatchPlan plan, long examples, long updates) {

  /**
   * Returns if the run can go on from it.
   *
   * @throws LaunchException if it cannot
   */
  void require(Checkpoint checkpoint) {
    List<String> problems = new ArrayList<>();
    String where = "checkpoint " + checkpoint.location() + ": ";
    RunPosition position = checkpoint.position();
    List<SettingsDifference> differences = differences(checkpoint);
    if (!differences.isEmpty()) {
      problems.add(
          where
              + "it was saved with other settings: "
              + differences.stream()
                  .map(SettingsDifference::toString)
                  .collect(Collectors.joining("; ")));
    }
    if (position.examples() != examples) {
      problems.add(
          where
              + "the run trains on %,d examples, and now the data have %,d; give it the data it had"
                  .formatted(position.examples(), examples));
    }
    if (!position.plan().equals(plan)) {
      problems.add(
          where + "it was saved under the plan " + position.plan() + ", and now it is " + plan);
    }
    if (position.update() > updates) {
      problems.add(
          where
              + "it is at update %,d, beyond the run's end at update %,d"
                  .formatted(position.update(), updates));
    }
    if (!problems.isEmpty()) {
      throw new LaunchException(problems);
    }
  }

  private List<SettingsDifference> differences(Checkpoint checkpoint) {
    try {
      return SettingsDifference.between(checkpoint.settingsJson(), settingsJson);
    } catch (IllegalArgumentException e) {
      throw new LaunchException(
          List.of("checkpoint " + checkpoint.location() + ": its settings are " + e.getMessage()));
    }
  }
}
