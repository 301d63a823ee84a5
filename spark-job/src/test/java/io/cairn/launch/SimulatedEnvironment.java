/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Checkpoint;
import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.NewerCheckpointException;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.RunPosition;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.RecoverySettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A run's environment in a simulated world. What is asked of it must be allowed at that moment:
 * these are the rules for single calls; those for the whole run are {@link SimulatedRun}'s.
 *
 * <p>Threading: one thread.
 */
final class SimulatedEnvironment implements RunEnvironment {

  /** Making one reads Hadoop's settings, which takes longer than a whole run. */
  private static final Map<Integer, AttemptClaim> CLAIMS = new ConcurrentHashMap<>();

  private static final BatchPlan PLAN = new BatchPlan(4, 2, 3);

  final SimulatedWorld world;
  final SimulatedAttempts attempts;
  private final Random random;
  private final RecoverySettings recovery;
  private final AskedPlan asked;
  private int claims;
  private int published;

  SimulatedEnvironment(SimulatedWorld world, RecoverySettings recovery, StatusKeeper status) {
    this.world = world;
    this.random = world.random;
    this.recovery = recovery;
    this.attempts = new SimulatedAttempts(world, status);
    this.asked = new AskedPlan(PLAN, random.nextBoolean() ? MicroSize.GIVEN : MicroSize.PROBED);
  }

  @Override
  public AttemptClaim claim(int after) throws IOException {
    assertThat(after).as("the last claim of this driver").isEqualTo(world.ownClaim);
    if (after > 0) {
      nothingHadEndedIt("another attempt is claimed");
      assertThat(world.had(SimulatedHazard.NEWER_CLAIM)).as("taken back from another").isFalse();
    }
    world.useDisk("a claim");
    if (random.nextInt(40) == 0) {
      world.let(SimulatedHazard.NEWER_CLAIM);
      throw fenced(
          "attempt " + world.newestClaim + " must stop: at the same moment, another began");
    }
    // An object store may list nothing of what was written a moment ago.
    boolean isAlone = after > 0 && world.newestClaim == after;
    int listed = isAlone && random.nextInt(20) == 0 ? 0 : world.newestClaim;
    world.finishedElsewhere =
        after == 0
            ? random.nextInt(50) == 0
            : world.has(SimulatedHazard.NEWER_CLAIM) && random.nextInt(4) == 0;
    world.newestClaim = Math.max(after, listed) + 1;
    world.since.remove(SimulatedHazard.NEWER_CLAIM);
    assertThat(world.newestClaim).as("an attempt's number").isGreaterThan(world.ownClaim);
    world.ownClaim = world.newestClaim;
    claims++;
    return CLAIMS.computeIfAbsent(world.ownClaim, SimulatedEnvironment::claimOf);
  }

  @Override
  public void requireNewest(AttemptClaim claim) throws IOException {
    world.useDisk("claims");
    require(claim);
  }

  @Override
  public StatusFile status(AttemptClaim claim) {
    return new SimulatedStatusFile(world, claim.attempt());
  }

  @Override
  public boolean isFinished() throws IOException {
    world.useDisk("STATUS.json");
    return world.finishedElsewhere;
  }

  @Override
  public ClaimedRun restore(AttemptClaim claim, ResumeMode resume) throws IOException {
    assertThat(resume).isEqualTo(claims == 1 ? ResumeMode.REQUIRE : ResumeMode.AUTO);
    world.useDisk("checkpoints");
    require(claim);
    if (world.draws(SimulatedHazard.DEFECT)) {
      throw attempts.thrown(new LaunchException(List.of("it was saved with other settings")));
    }
    if (random.nextInt(200) == 0) {
      attempts.isInvalid = true;
      throw new NewerCheckpointException("a newer version of Cairn wrote it");
    }
    long update = attempts.goOnFrom();
    RunPosition position = new RunPosition(update, update, 0, 100, PLAN, Cursor.START, List.of());
    Optional<Checkpoint> from =
        update == 0 ? Optional.empty() : Optional.of(new Checkpoint(position, "{}", "there"));
    return new ClaimedRun(claim, from, asked);
  }

  @Override
  public Allocation allocate(AskedPlan wanted) throws InterruptedException {
    nothingHadEndedIt("executors are waited for");
    int workers = wanted.plan().workers();
    int there = random.nextInt(4) == 0 ? random.nextInt(workers) : workers;
    if (there < workers) {
      world.pass(recovery.waitForExecutors());
    } else {
      world.moment();
    }
    attempts.maybeInterrupted();
    Allocation allocation = Allocation.of(wanted, asked.microSize(), there, "30 s");
    attempts.tooFew |= allocation instanceof Allocation.TooFew;
    return allocation;
  }

  @Override
  public AttemptEnd launch(ClaimedRun run) throws InterruptedException {
    nothingHadEndedIt("an attempt is launched");
    assertThat(world.had(SimulatedHazard.NEWER_CLAIM)).as("launched without a claim").isFalse();
    return attempts.launch(run);
  }

  @Override
  public void publishModel(AttemptClaim claim) throws IOException {
    assertThat(attempts.completed).as("there is a model").isTrue();
    world.useDisk("model.zip");
    require(claim);
    published = claim.attempt();
  }

  @Override
  public long newestCheckpoint() {
    world.moment();
    return attempts.newestCheckpoint();
  }

  @Override
  public boolean leaveOut(String host, String executor) {
    assertThat(host).isEqualTo("a");
    return random.nextBoolean();
  }

  @Override
  public void pause(Duration longest) {
    nothingHadEndedIt("another attempt is waited for");
    assertThat(longest).isBetween(Duration.ofMillis(100), Duration.ofMinutes(2));
    // Its jitter is not the seed's.
    world.pass(Duration.ofSeconds(random.nextInt(60)));
  }

  @Override
  public Optional<String> stopAsked() {
    return world.has(SimulatedHazard.STOP) ? Optional.of("stopped by SIGTERM") : Optional.empty();
  }

  @Override
  public boolean isClusterOver() {
    return world.has(SimulatedHazard.CLUSTER_ENDS);
  }

  @Override
  public Outcome endedByCluster(String meanwhile) {
    assertThat(isClusterOver()).as("the cluster ended the application").isTrue();
    return new Outcome.Failed("the cluster manager ended it while " + meanwhile, Optional.empty());
  }

  /** Whether the model of this driver's last attempt is in place. */
  boolean isPublished() {
    return published > 0 && published == world.ownClaim;
  }

  /** What came before this step is known, and nothing more begins. */
  private void nothingHadEndedIt(String although) {
    for (SimulatedHazard end : SimulatedHazard.endOfRun()) {
      assertThat(world.had(end)).as(end + ", and " + although).isFalse();
    }
  }

  private void require(AttemptClaim claim) throws FencedException {
    assertThat(world.toldOfNewerClaim).as("used although another has the run").isFalse();
    try {
      world.requireNewest(claim.attempt());
    } catch (FencedException e) {
      throw fenced(e.getMessage());
    }
  }

  private FencedException fenced(String why) {
    world.toldOfNewerClaim = true;
    return new FencedException(why);
  }

  private static AttemptClaim claimOf(int attempt) {
    try {
      return AttemptClaim.held("/simulated", Map.of(), attempt, "token");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
