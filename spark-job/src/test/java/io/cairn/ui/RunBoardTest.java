/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.RunStatus;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.ui.RunEvent.Kind;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a tab shows of several runs, and of several in one directory. */
class RunBoardTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private final RunBoard board = new RunBoard();

  @Test
  void anotherRunInTheSameDirectoryHasCurvesOfItsOwn() throws IOException {
    train("runs/a", begun(1, NOW), 50, 9.5);
    train("runs/a", begun(1, NOW.plusSeconds(60)), 20, 0.125);
    assertThat(page()).contains("\"update\":[20]").contains("\"lastLoss\":0.125");
  }

  @Test
  void aRunThatGoesOnKeepsItsCurves() throws IOException {
    train("runs/a", begun(1, NOW), 50, 9.5);
    RunStatus again =
        RunStatus.running("a", 8, begun(1, NOW).attempts(), 2, 40, 1, NOW.plusSeconds(60));
    train("runs/a", again, 45, 9.75); // done again
    train("runs/a", again, 55, 0.125);
    assertThat(page()).contains("\"update\":[50,55]");
  }

  @Test
  void theRunThatBeganLastIsTheNewestAlsoWhereThereWasOneBefore() throws IOException {
    train("runs/a", begun(1, NOW), 1, 1);
    train("runs/b", begun(1, NOW), 1, 1);
    train("runs/a", begun(1, NOW.plusSeconds(60)), 1, 1);
    assertThat(board.newestFirst()).hasSize(2);
    assertThat(board.newestFirst().get(0).title()).contains("runs/a");
  }

  private static RunStatus begun(int attempt, Instant when) {
    return RunStatus.running("a", 8, List.of(), attempt, 0, 1, when);
  }

  private void train(String run, RunStatus status, long update, double loss) throws IOException {
    board.take(new RunEvent(run, Kind.SETTINGS, "{}"));
    board.take(new RunEvent(run, Kind.STATUS, status.toJson()));
    UpdateMetrics step =
        new UpdateMetrics(update, 1, 8, loss, 0.1, 1, 1, 1, 1, 1, 1, UpdateMetrics.Outcome.APPLIED);
    board.take(new RunEvent(run, Kind.METRICS, MetricsJson.write(step)));
  }

  private String page() throws IOException {
    return board.newestFirst().get(0).page();
  }
}
