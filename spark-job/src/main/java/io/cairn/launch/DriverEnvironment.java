/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Checkpoint;
import io.cairn.checkpoint.Claimant;
import io.cairn.checkpoint.NewestGood;
import io.cairn.checkpoint.RunState;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.RecoverySettings;
import io.cairn.telemetry.StartPhase;
import io.cairn.worker.RunHome;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real world of a run, as its driver sees it: an output on a file system, Spark's executors,
 * and the signals that ask for a stop.
 *
 * <p>Made by the supervisor for one run; closes nothing. Threading: as {@link RunEnvironment} says.
 * Spark throws checked exceptions that no signature here shows, when it is stopped.
 */
final class DriverEnvironment implements RunEnvironment {

  private static final Logger LOG = LoggerFactory.getLogger(DriverEnvironment.class);

  private final JavaSparkContext spark;
  private final ClusterExecutors executors;
  private final RunHome home;
  private final StopRequest stop;
  private final RecoverySettings recovery;
  private final Clock clock;
  private final Supervisor.Work work;
  private final StatusKeeper status;

  /**
   * @param status hears from the ranks how far they are
   */
  DriverEnvironment(
      JavaSparkContext spark,
      RunHome home,
      StopRequest stop,
      RecoverySettings recovery,
      Clock clock,
      Supervisor.Work work,
      StatusKeeper status) {
    this.spark = spark;
    this.executors = new ClusterExecutors(spark.sc());
    this.home = home;
    this.stop = stop;
    this.recovery = recovery;
    this.clock = clock;
    this.work = work;
    this.status = status;
  }

  @Override
  public AttemptClaim claim(int after) throws IOException {
    Claimant who =
        new Claimant(
            InetAddress.getLocalHost().getHostName(), spark.sc().applicationId(), clock.instant());
    return AttemptClaim.take(home.output(), home.hadoop(), after, who);
  }

  @Override
  public void requireNewest(AttemptClaim claim) throws IOException {
    claim.requireNewest();
  }

  @Override
  public StatusFile status(AttemptClaim claim) throws IOException {
    return StatusFile.in(home.directory().under(claim), work.settingsJson()).heardBy(work.states());
  }

  @Override
  public boolean isFinished() throws IOException {
    return home.directory().state(work.settingsJson()) instanceof RunState.Finished;
  }

  @Override
  public ClaimedRun restore(AttemptClaim claim, ResumeMode resume) throws IOException {
    NewestGood found = home.checkpoints().newestGood(claim);
    for (String passedOver : found.passedOver()) {
      LOG.warn("checkpoint passed over: {}", passedOver);
    }
    Optional<Checkpoint> from = found.checkpoint();
    resume.requireFound(home.directory(), from);
    from.ifPresent(work.fit()::require);
    return new ClaimedRun(claim, from, work.fit().plan(from));
  }

  /** All executors that are wanted, or those who are there after a while. */
  @Override
  public Allocation allocate(AskedPlan wanted) throws InterruptedException {
    StartPhase.CLAIM.over();
    int workers = wanted.plan().workers();
    int there = executors.await(workers, recovery.waitForExecutors(), stop);
    StartPhase.EXECUTORS.over();
    String leftOut =
        executors.leftOut().isEmpty()
            ? ""
            : ", left out for their failures: " + String.join(", ", executors.leftOut());
    String waited =
        "%d s (recovery.wait-for-executors%s)"
            .formatted(recovery.waitForExecutors().toSeconds(), leftOut);
    Allocation allocation = Allocation.of(wanted, work.fit().asked().microSize(), there, waited);
    if (allocation instanceof Allocation.Ready ready && there < workers) {
      LOG.warn(
          "{} of {} executors are there after {}: going on with {}",
          there,
          workers,
          waited,
          ready.plan());
    }
    return allocation;
  }

  @Override
  public AttemptEnd launch(ClaimedRun run) throws InterruptedException {
    return new Attempt(spark, executors, run, status, stop, recovery.stopWithin()).run(work);
  }

  @Override
  public void publishModel(AttemptClaim claim) throws IOException {
    home.directory().under(claim).publishModel(claim.attempt());
  }

  @Override
  public long newestCheckpoint() {
    try {
      return home.checkpoints().updates().stream().reduce(0L, Math::max);
    } catch (IOException e) {
      LOG.warn("the checkpoints cannot be listed now: {}", e.toString());
      return 0;
    }
  }

  @Override
  public boolean leaveOut(String host, String executor) {
    return !executors.leftOut().contains(host) && executors.leaveOut(host, executor);
  }

  @Override
  public void pause(Duration longest) throws InterruptedException {
    var unused = stop.await(longest);
  }

  @Override
  public Optional<String> stopAsked() {
    return stop.reason();
  }

  @Override
  public boolean isClusterOver() {
    return executors.isOver();
  }

  @Override
  public Outcome endedByCluster(String meanwhile) {
    return EndedByCluster.during(spark.sc(), meanwhile);
  }
}
