/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.RunStatus;
import io.cairn.settings.RecoverySettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;

/**
 * All that a seed stands for: a world, the real lifecycle in it with the real decisions about
 * retries and the real keeper of the status, and what must be so after every step and at the end.
 *
 * <p>Threading: one thread.
 */
final class SimulatedRun {

  private static final int MOST_STEPS = 1_000;

  /** RESTORE comes after CLAIM all the same, and JUDGE of what ended of its own. */
  private static final int STEPS_TO_END = 1;

  private final Map<RunPhase.Name, Set<SimulatedHazard>> happened;
  private final RecoverySettings recovery;
  private final SimulatedWorld world;
  private final SimulatedEnvironment environment;
  private final RunLifecycle lifecycle;
  private final List<RunPhase.Name> past = new ArrayList<>();
  private Optional<RunStatus> lastWord = Optional.empty();
  private int failuresWithoutProgress;
  private long firstOfThemNanos;

  /**
   * @param happened in which phase what has happened, in all runs
   */
  SimulatedRun(long seed, Map<RunPhase.Name, Set<SimulatedHazard>> happened) {
    this.happened = happened;
    Random random = new Random(seed);
    this.recovery =
        new RecoverySettings(
            1 + random.nextInt(8),
            1 + random.nextInt(5),
            random.nextBoolean() ? Duration.ofMinutes(2) : Duration.ofHours(1),
            Duration.ofSeconds(30),
            1 + random.nextInt(3),
            Duration.ofSeconds(30));
    this.world = new SimulatedWorld(random, this::processEnds);
    StatusKeeper status = new StatusKeeper(world, "digits", List.of());
    this.environment = new SimulatedEnvironment(world, recovery, status);
    this.lifecycle =
        new RunLifecycle(
            environment, status, new RetryDecision(recovery, world::nanoTime), ResumeMode.REQUIRE);
  }

  private void processEnds() {
    lifecycle.processEnds();
    lastWord = world.disk;
    boolean isUnsaid =
        world.attemptsBegun == 0
            || world.toldOfNewerClaim
            || world.inThisStep.contains(SimulatedHazard.DISK_FAILS);
    // It was the hook that was told.
    world.toldOfNewerClaim = false;
    if (lastWord.isPresent() && !isUnsaid) {
      assertThat(lastWord.get().state()).isEqualTo(RunStatus.State.RESUMABLE);
    }
  }

  /** Plays it to its end. */
  void play() {
    try {
      Optional<Exception> thrown = Optional.empty();
      while (thrown.isEmpty() && lifecycle.phase().name() != RunPhase.Name.DONE) {
        thrown = step();
      }
      ended(thrown);
    } catch (AssertionError broken) {
      throw new AssertionError(broken.getMessage() + "\n" + this, broken);
    }
  }

  /** What it threw, if it threw anything. */
  private Optional<Exception> step() {
    RunPhase.Name from = lifecycle.phase().name();
    past.add(from);
    world.step++;
    world.inThisStep.clear();
    Optional<Exception> thrown = Optional.empty();
    try {
      lifecycle.step();
    } catch (Exception e) {
      thrown = Optional.of(e);
    }
    happened
        .computeIfAbsent(from, any -> EnumSet.noneOf(SimulatedHazard.class))
        .addAll(world.inThisStep);
    assertThat(world.step).as("steps").isLessThan(MOST_STEPS);
    for (SimulatedHazard end : SimulatedHazard.endOfRun()) {
      int after = world.step - world.since.getOrDefault(end, SimulatedWorld.NEVER);
      assertThat(after).as("steps after " + end).isLessThanOrEqualTo(STEPS_TO_END);
    }
    if (from == RunPhase.Name.JUDGE) {
      count();
    }
    return thrown;
  }

  /** Attempts that failed are counted here as well as by the machine's own decision. */
  private void count() {
    RunPhase.Name next = lifecycle.phase().name();
    boolean progress = environment.attempts.takeProgress();
    if (progress || failuresWithoutProgress == 0) {
      failuresWithoutProgress = 0;
      firstOfThemNanos = world.nanoTime();
    }
    failuresWithoutProgress++;
    if (next == RunPhase.Name.BACK_OFF) {
      assertThat(isLimitReached()).as("another attempt beyond the limits").isFalse();
      assertThat(world.disk.filter(running -> running.last().endedAt().isEmpty()))
          .as("an attempt whose end is not told")
          .isEmpty();
    }
  }

  private boolean isLimitReached() {
    return failuresWithoutProgress >= recovery.maxFailuresWithoutProgress()
        || world.attemptsBegun >= recovery.maxAttempts()
        || world.nanoTime() - firstOfThemNanos > recovery.maxTime().toNanos();
  }

  private void ended(Optional<Exception> thrown) {
    assertThat(lifecycle.phase()).isInstanceOf(RunPhase.Done.class);
    Outcome outcome = ((RunPhase.Done) lifecycle.phase()).outcome();
    if (thrown.isPresent()) {
      SimulatedAttempts attempts = environment.attempts;
      boolean isDisk = thrown.get().getMessage().startsWith("no space left");
      assertThat(isDisk || attempts.thrown.equals(thrown)).as(thrown.toString()).isTrue();
    } else {
      isTrue(outcome);
    }
    boolean isStopped = world.had(SimulatedHazard.STOP) || world.had(SimulatedHazard.PROCESS_ENDS);
    if (isStopped && !isOwnEnd(outcome)) {
      assertThat(outcome).isInstanceOf(Outcome.Resumable.class);
    }
    if (world.had(SimulatedHazard.CLUSTER_ENDS)
        && !isStopAsked()
        && !environment.attempts.stopped
        && !isOwnEnd(outcome)) {
      assertThat(outcome.reason()).startsWith("the cluster manager ended it while ");
    }
    isTold(outcome, thrown);
  }

  private boolean isStopAsked() {
    return world.has(SimulatedHazard.STOP) || world.has(SimulatedHazard.PROCESS_ENDS);
  }

  /** An end that no stop can undo. */
  private boolean isOwnEnd(Outcome outcome) {
    return outcome instanceof Outcome.Succeeded
        || outcome instanceof Outcome.Superseded
        || outcome instanceof Outcome.NothingToDo;
  }

  /** There is something that it came from. */
  private void isTrue(Outcome outcome) {
    SimulatedAttempts attempts = environment.attempts;
    boolean isSo;
    if (outcome instanceof Outcome.Succeeded) {
      isSo = attempts.completed && environment.isPublished();
    } else if (outcome instanceof Outcome.NothingToDo) {
      isSo = world.finishedElsewhere && world.disk.isEmpty();
    } else if (outcome instanceof Outcome.Resumable) {
      isSo = isStopAsked() || attempts.stopped || attempts.tooFew;
    } else if (outcome instanceof Outcome.Invalid) {
      isSo = attempts.isInvalid;
    } else if (outcome instanceof Outcome.Superseded) {
      isSo = world.toldOfNewerClaim;
    } else {
      isSo = world.has(SimulatedHazard.CLUSTER_ENDS) || attempts.isLasting || isLimitReached();
    }
    assertThat(isSo).as("there is a reason for " + outcome).isTrue();
  }

  /** The last word in {@code STATUS.json} is the run's outcome, where this driver may say it. */
  private void isTold(Outcome outcome, Optional<Exception> thrown) {
    if (world.disk.isEmpty() || world.attemptsBegun == 0) {
      return;
    }
    if (world.lastWordSaid) {
      assertThat(world.disk).as("nothing after the process's end").isEqualTo(lastWord);
      return;
    }
    RunStatus last = world.disk.get();
    if (world.toldOfNewerClaim) {
      assertThat(last.state()).isEqualTo(RunStatus.State.RUNNING);
      return;
    }
    boolean isUnsaid = thrown.isPresent() && world.inThisStep.contains(SimulatedHazard.DISK_FAILS);
    if (isUnsaid && last.state() == RunStatus.State.RUNNING) {
      return;
    }
    assertThat(last.state()).isEqualTo(stateOf(outcome));
    assertThat(last.exitCode()).isEqualTo(OptionalInt.of(outcome.exitCode()));
    assertThat(last.reason()).isEqualTo(outcome.reason());
  }

  private static RunStatus.State stateOf(Outcome outcome) {
    if (outcome instanceof Outcome.Succeeded) {
      return RunStatus.State.SUCCEEDED;
    }
    return outcome instanceof Outcome.Resumable
        ? RunStatus.State.RESUMABLE
        : RunStatus.State.FAILED;
  }

  @Override
  public String toString() {
    return "after %s, in %s; since which step: %s; %s; %s"
        .formatted(past, lifecycle.phase(), world.since, world.disk, recovery);
  }
}
