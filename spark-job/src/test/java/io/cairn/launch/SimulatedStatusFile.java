/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.RunStatus;
import java.io.IOException;
import java.util.List;

/** {@code STATUS.json} in a simulated world: each line of it is held against the one before. */
record SimulatedStatusFile(SimulatedWorld world, int claim) implements StatusFile {

  @Override
  public void begin(RunStatus first) throws IOException {
    assertThat(first.state()).isEqualTo(RunStatus.State.RUNNING);
    assertThat(first.attempt()).isEqualTo(claim);
    write(first);
    world.attemptsBegun++;
  }

  @Override
  public void write(RunStatus status) throws IOException {
    assertThat(world.toldOfNewerClaim).as("written although another has the run").isFalse();
    assertThat(world.lastWordSaid).as("written after the end").isFalse();
    assertThat(claim).as("under the newest claim of this driver").isEqualTo(world.ownClaim);
    if (world.disk.isPresent()) {
      RunStatus before = world.disk.get();
      assertThat(before.state()).as("the last word").isEqualTo(RunStatus.State.RUNNING);
      goesOn(before.attempts(), status.attempts());
    }
    try {
      world.write(claim, status);
    } catch (FencedException e) {
      world.toldOfNewerClaim = true;
      throw e;
    }
  }

  /** What was told of an attempt that has ended stays; numbers only go up. */
  private static void goesOn(List<PastAttempt> before, List<PastAttempt> after) {
    assertThat(after).extracting(PastAttempt::number).doesNotHaveDuplicates().isSorted();
    assertThat(after)
        .containsAll(before.stream().filter(past -> past.endedAt().isPresent()).toList());
  }
}
