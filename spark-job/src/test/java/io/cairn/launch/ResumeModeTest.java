/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static io.cairn.launch.ResumeMode.AUTO;
import static io.cairn.launch.ResumeMode.Decision.NOTHING_TO_DO;
import static io.cairn.launch.ResumeMode.Decision.TRAIN;
import static io.cairn.launch.ResumeMode.NEVER;
import static io.cairn.launch.ResumeMode.REQUIRE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunState;
import io.cairn.checkpoint.RunStatus;
import io.cairn.settings.SettingsDifference;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeModeTest {

  private static final RunState EMPTY = new RunState.Empty();
  private static final RunState UNFINISHED = new RunState.Unfinished(Optional.empty());
  private static final RunState FINISHED =
      new RunState.Finished(RunStatus.running("digits", 64, List.of(), 1, 0, 0, Instant.EPOCH));

  @TempDir Path temp;

  @Test
  void autoTrainsUnlessTheRunIsFinished() throws IOException {
    assertThat(decide(AUTO, EMPTY)).isEqualTo(TRAIN);
    assertThat(decide(AUTO, UNFINISHED)).isEqualTo(TRAIN);
    assertThat(decide(AUTO, FINISHED)).isEqualTo(NOTHING_TO_DO);
  }

  @Test
  void neverBeginsOnlyInAnEmptyOutput() throws IOException {
    assertThat(decide(NEVER, EMPTY)).isEqualTo(TRAIN);
    assertThatThrownBy(() -> decide(NEVER, UNFINISHED))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("it holds this run already");
    assertThatThrownBy(() -> decide(NEVER, FINISHED)).isInstanceOf(LaunchException.class);
  }

  @Test
  void requireNeedsARunToContinue() throws IOException {
    assertThat(decide(REQUIRE, UNFINISHED)).isEqualTo(TRAIN);
    assertThat(decide(REQUIRE, FINISHED)).isEqualTo(NOTHING_TO_DO);
    assertThatThrownBy(() -> decide(REQUIRE, EMPTY))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("no run that --resume require could continue");
  }

  @Test
  void anotherRunIsRefusedInEveryModeWithTheDifference() {
    RunState other = new RunState.Different(List.of(new SettingsDifference("seed", "7", "8")));
    for (ResumeMode mode : ResumeMode.values()) {
      assertThatThrownBy(() -> decide(mode, other))
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining("a run with other settings: seed was 7, is now 8");
      assertThatThrownBy(() -> decide(mode, new RunState.Foreign("it holds a.jpg")))
          .hasMessageContaining("it holds a.jpg, so it is no run");
    }
  }

  @Test
  void requireNeedsACheckpointToo() throws IOException {
    RunDirectory run = RunDirectory.open(temp.toString(), Map.of());
    for (ResumeMode mode : List.of(AUTO, NEVER)) {
      mode.requireFound(run, Optional.empty());
    }
    assertThatThrownBy(() -> REQUIRE.requireFound(run, Optional.empty()))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("no good checkpoint that --resume require could continue from");
  }

  @Test
  void finishedRunWithoutACheckpointIsNotTrainedAllOverAgain() throws IOException {
    RunDirectory run = RunDirectory.open(temp.toString(), Map.of());
    run.begin(
        "{}",
        RunStatus.running("digits", 64, List.of(), 1, 0, 0, Instant.EPOCH)
            .ended(RunStatus.State.SUCCEEDED, 0, "", Instant.EPOCH));
    assertThatThrownBy(() -> AUTO.requireFound(run, Optional.empty()))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("its run is finished, but no good checkpoint is left");
  }

  private ResumeMode.Decision decide(ResumeMode mode, RunState state) throws IOException {
    return mode.decide(RunDirectory.open(temp.toString(), Map.of()), state);
  }
}
