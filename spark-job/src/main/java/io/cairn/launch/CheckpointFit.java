/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.Checkpoint;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.RunPosition;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.SettingsDifference;
import io.cairn.settings.SettingsJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whether a run can go on from a checkpoint, and under which plan: the same settings where they
 * matter, the same data, and the same effective batch in all epochs that have begun. A checkpoint
 * is whole when it comes here, but not trusted to be this run's.
 *
 * <p>Threading: immutable, safe everywhere. Its failure is a {@link LaunchException} with all that
 * does not fit.
 *
 * @param settingsJson the run's resolved settings with the plan
 * @param asked the batch plan that is asked for, without stages that the run never comes to
 * @param examples training examples of all ranks
 * @param updates updates of the whole run
 */
record CheckpointFit(String settingsJson, AskedPlan asked, long examples, long updates) {

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
    problems.addAll(batchProblems(position).stream().map(where::concat).toList());
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

  /**
   * Under which batches of this size the epoch was begun, and how far, decides what is left of it.
   */
  private List<String> batchProblems(RunPosition position) {
    List<String> problems = new ArrayList<>();
    Cursor cursor = position.cursor();
    BatchPlan plan = asked.plan().in(cursor.epoch());
    // Between two epochs the last update was one of the epoch before.
    long lastEpoch = cursor.position() > 0 ? cursor.epoch() : Math.max(0, cursor.epoch() - 1);
    long epoch = plan.updatesPerEpoch(position.examples());
    boolean sameBatch =
        position.plan().effective() == asked.plan().in(lastEpoch).effective()
            && position.stints().stream()
                .allMatch(segment -> segment.plan().effective() == plan.effective());
    if (!sameBatch) {
      problems.add(
          "it was saved under the plan %s in epoch %d, and now it is %s; the effective batch of an epoch that has begun must stay"
              .formatted(position.plan(), lastEpoch + 1, asked));
    } else if (position.cursor().position() >= epoch) {
      problems.add(
          "it says that %d updates of an epoch of %d are done"
              .formatted(position.cursor().position(), epoch));
    }
    return problems;
  }

  /**
   * The plan to go on with: that of the checkpoint, with as many workers as are asked for now,
   * because its micro-batch may have become smaller on the way, or was found by a probe, which is
   * not repeated. Stages that are over are left out, since nothing has to be possible in them.
   * Where the operator has asked for another split of the effective batch since, or there is no
   * checkpoint, it is what is asked for.
   *
   * @param checkpoint one that {@link #require} has accepted
   */
  AskedPlan plan(Optional<Checkpoint> checkpoint) {
    if (checkpoint.isEmpty()) {
      return asked;
    }
    RunPosition position = checkpoint.get().position();
    StagedPlan ahead = asked.plan().from(position.cursor().epoch());
    return isAskedAsThen(checkpoint.get())
        ? new AskedPlan(ahead.cut(position.plan().micro()), MicroSize.GIVEN)
        : new AskedPlan(ahead, asked.microSize());
  }

  private boolean isAskedAsThen(Checkpoint checkpoint) {
    SettingsJson.Stored then = SettingsJson.parse(checkpoint.settingsJson(), checkpoint.location());
    MicroSize before = then.settings().batch().microSize();
    return before == asked.microSize()
        && (before == MicroSize.PROBED || asked.numbers().equals(then.plan()));
  }

  private List<SettingsDifference> differences(Checkpoint checkpoint) {
    try {
      Cursor cursor = checkpoint.position().cursor();
      long begun = cursor.epoch() + (cursor.position() > 0 ? 1 : 0);
      return SettingsDifference.between(checkpoint.settingsJson(), settingsJson, begun);
    } catch (IllegalArgumentException e) {
      throw new LaunchException(
          List.of("checkpoint " + checkpoint.location() + ": its settings are " + e.getMessage()));
    }
  }
}
