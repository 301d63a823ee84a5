/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.telemetry.TaskFailure;
import io.cairn.telemetry.TaskFailure.FailureKind;
import io.cairn.telemetry.UpdateMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;

/**
 * What the ranks do in a simulated world: attempts that get somewhere or not, and end in all the
 * ways there are. Keeps what is true of them.
 *
 * <p>Threading: one thread.
 */
final class SimulatedAttempts {

  private final SimulatedWorld world;
  private final Random random;
  private final StatusKeeper status;
  private long checkpoint;
  private long furthest;

  /** Further than ever before, or a newer checkpoint, since somebody last asked. */
  private boolean progress;

  boolean completed;
  boolean stopped;
  boolean tooFew;
  boolean isInvalid;
  boolean isLasting;
  Optional<Exception> thrown = Optional.empty();

  SimulatedAttempts(SimulatedWorld world, StatusKeeper status) {
    this.world = world;
    this.random = world.random;
    this.status = status;
    this.checkpoint = random.nextInt(2) * 50L;
    this.furthest = checkpoint;
  }

  long newestCheckpoint() {
    return checkpoint;
  }

  /** The newest checkpoint, or an older one where it is damaged. */
  long goOnFrom() {
    return random.nextInt(10) == 0 ? checkpoint / 2 : checkpoint;
  }

  /** Whether there was progress since this was last asked. */
  boolean takeProgress() {
    boolean was = progress;
    progress = false;
    return was;
  }

  <E extends Exception> E thrown(E error) {
    thrown = Optional.of(error);
    return error;
  }

  AttemptEnd launch(ClaimedRun run) throws InterruptedException {
    world.moment();
    long update = run.update();
    int parts = random.nextInt(4);
    for (int part = 0; part < parts; part++) {
      if (world.has(SimulatedHazard.STOP)) {
        break;
      }
      world.pass(Duration.ofSeconds(20));
      update += random.nextInt(20);
      progress(update);
    }
    maybeInterrupted();
    if (world.has(SimulatedHazard.NEWER_CLAIM) && random.nextBoolean()) {
      world.toldOfNewerClaim = true;
      String reason = "another has taken over the run";
      return random.nextBoolean()
          ? new AttemptEnd.Superseded(reason)
          : AttemptEnd.of(verdict(Verdict.VerdictKind.SUPERSEDED, reason));
    }
    if (world.has(SimulatedHazard.STOP) && random.nextInt(4) > 0) {
      return new AttemptEnd.Stopped("stopped by SIGTERM");
    }
    return end();
  }

  private AttemptEnd end() {
    switch (random.nextInt(16)) {
      case 0, 1 -> {
        completed = true;
        return new AttemptEnd.Completed(List.of("{}"), "");
      }
      case 2 -> {
        stopped = true;
        return new AttemptEnd.Stopped("executor 1 on a is being decommissioned");
      }
      case 3 -> {
        isInvalid = true;
        return AttemptEnd.of(verdict(Verdict.VerdictKind.INVALID, "the data changed"));
      }
      case 4 -> {
        isLasting = true;
        return AttemptEnd.of(verdict(Verdict.VerdictKind.FAIL, "a gradient is not finite"));
      }
      case 5, 6, 7, 8 -> {
        TaskFailure lost =
            new TaskFailure(
                FailureKind.EXECUTOR_LOST, OptionalInt.of(1), "1", "a", "", "lost", "", 0);
        return AttemptEnd.of(new Verdict(Verdict.VerdictKind.RETRY, "lost", Optional.of(lost)));
      }
      default -> {
        return AttemptEnd.of(verdict(Verdict.VerdictKind.RETRY, "a peer is silent"));
      }
    }
  }

  /** Spark, when it is stopped, throws what it likes; and so may anything else. */
  void maybeInterrupted() throws InterruptedException {
    if (world.has(SimulatedHazard.CLUSTER_ENDS)) {
      switch (random.nextInt(3)) {
        case 0 -> throw new InterruptedException("by YARN");
        case 1 -> throw new IllegalStateException("Cannot call methods on a stopped SparkContext");
        default -> {}
      }
    }
    if (world.draws(SimulatedHazard.DEFECT)) {
      throw thrown(new IllegalStateException("nobody has thought of this"));
    }
  }

  private void progress(long update) {
    try {
      status.step(
          new UpdateMetrics(
              update, 1, 64, 0.5, 0.1, 1, 100, 1, 1, 1, 1, UpdateMetrics.Outcome.APPLIED));
      progress |= update > furthest;
      furthest = Math.max(furthest, update);
    } catch (IOException e) {
      // The next one makes up for it; nobody tells the driver's thread.
      world.toldOfNewerClaim = false;
    }
    if (random.nextInt(4) == 0 && update > checkpoint && !world.has(SimulatedHazard.NEWER_CLAIM)) {
      checkpoint = update;
      progress = true;
    }
  }

  private static Verdict verdict(Verdict.VerdictKind kind, String reason) {
    return new Verdict(kind, reason, Optional.empty());
  }
}
