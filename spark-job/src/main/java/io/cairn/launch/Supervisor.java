/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Checkpoint;
import io.cairn.checkpoint.CheckpointStore;
import io.cairn.checkpoint.Claimant;
import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.NewerCheckpointException;
import io.cairn.checkpoint.NewestGood;
import io.cairn.checkpoint.RunState;
import io.cairn.checkpoint.RunStatus;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.RecoverySettings;
import io.cairn.telemetry.MetricsSink;
import io.cairn.worker.RunHome;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees a run through: claims it, launches attempts from the newest good checkpoint until one comes
 * to the end or nothing is to be gained by another, and says in {@code STATUS.json} what happened,
 * whatever happens.
 *
 * <p>Used once, on the driver. Threading: {@link #run} blocks its caller; a stop request or the
 * process's end may come from any thread. An IOException means that the output cannot be used.
 */
public final class Supervisor {

  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

  /** Before Spark's own hook (40) and that of Hadoop's file systems (10). */
  private static final int HOOK_PRIORITY = 100;

  private static final int HOOK_TIMEOUT_SECONDS = 10;

  private final JavaSparkContext spark;
  private final RunHome home;
  private final StopRequest stop;
  private final RecoverySettings recovery;
  private final Clock clock;
  private final ClusterExecutors executors;

  /**
   * @param spark the driver's context; not closed
   * @param home the run's output, found fit for this run
   * @param stop ends the run when it is asked
   */
  public Supervisor(
      JavaSparkContext spark,
      RunHome home,
      StopRequest stop,
      RecoverySettings recovery,
      Clock clock) {
    this.spark = spark;
    this.home = home;
    this.stop = stop;
    this.recovery = recovery;
    this.clock = clock;
    this.executors = new ClusterExecutors(spark.sc());
  }

  /**
   * What to run.
   *
   * @param name the run's name
   * @param effectiveBatch examples that enter one full update
   * @param settingsJson the resolved settings with the plan
   * @param resume whether a checkpoint may, or must, be gone on from
   * @param fit refuses a checkpoint that this run cannot go on from
   * @param train encoded training examples for a number of workers, partition n for rank n
   * @param validation encoded validation examples, as many partitions
   * @param task what each rank does in an attempt
   * @param progress hears on the driver how far rank 0 is; not closed
   */
  record Work(
      String name,
      int effectiveBatch,
      String settingsJson,
      ResumeMode resume,
      CheckpointFit fit,
      IntFunction<JavaRDD<byte[]>> train,
      IntFunction<JavaRDD<byte[]>> validation,
      TaskOfAttempt task,
      MetricsSink progress) {}

  /** What each rank does in an attempt. */
  @FunctionalInterface
  interface TaskOfAttempt {
    /** The task of an attempt that has claimed the run. */
    RankTask of(ClaimedRun run);
  }

  /** Runs it to its outcome, which is in {@code STATUS.json} when this returns. */
  Outcome run(Work work) throws IOException {
    Optional<RunStatus> last = home.directory().status();
    StatusKeeper status =
        new StatusKeeper(
            clock,
            work.name(),
            work.effectiveBatch(),
            last.map(RunStatus::attempts).orElse(List.of()));
    Runnable lastWord = () -> endOfProcess(status);
    if (stop.isOnSignals()) {
      ShutdownHookManager.get()
          .addShutdownHook(lastWord, HOOK_PRIORITY, HOOK_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
    try {
      Outcome outcome = attempts(work, status);
      status.end(outcome);
      return outcome;
    } catch (FencedException e) {
      return new Outcome.Superseded(e.getMessage());
    } catch (InterruptedException e) {
      return endedUnderWay(status, e);
    } catch (Exception e) {
      // Scala's code throws checked ones, too, that no signature shows.
      if (executors.isOver()) {
        return endedUnderWay(status, e);
      }
      endAfter(e, status);
      throw e;
    } finally {
      if (!ShutdownHookManager.get().isShutdownInProgress()) {
        ShutdownHookManager.get().removeShutdownHook(lastWord);
      }
    }
  }

  private Outcome attempts(Work work, StatusKeeper status)
      throws IOException, InterruptedException {
    RetryDecision decision = new RetryDecision(recovery, System::nanoTime);
    ResumeMode resume = work.resume();
    int lastClaimed = 0;
    while (true) {
      AttemptClaim claim = claim(lastClaimed);
      lastClaimed = claim.attempt();
      if (isFinishedMeanwhile(work)) {
        return new Outcome.NothingToDo();
      }
      Optional<Outcome> outcome = attempt(claim, work, resume, status, decision);
      if (outcome.isPresent()) {
        return outcome.get();
      }
      // Else we would take the run from a driver that has claimed it while we waited.
      claim.requireNewest();
      // What this submit began it may go on with, whatever was asked for at first.
      resume = ResumeMode.AUTO;
    }
  }

  /** Empty if another attempt follows, after its back-off. */
  private Optional<Outcome> attempt(
      AttemptClaim claim, Work work, ResumeMode resume, StatusKeeper status, RetryDecision decision)
      throws IOException, InterruptedException {
    AttemptEnd end;
    try {
      Optional<Checkpoint> from = newestGood(claim, work, resume);
      ClaimedRun run =
          new ClaimedRun(claim, home.directory().under(claim), from, work.fit().plan(from));
      status.attemptBegins(
          run.directory(), work.settingsJson(), claim.attempt(), run.update(), run.epoch());
      decision.begins(run.update());
      Allocation allocation = awaitExecutors(run.plan(), work.fit().asked().microSize());
      if (stop.reason().isPresent()) {
        return Optional.of(new Outcome.Resumable(stop.reason().get()));
      }
      if (executors.isOver()) {
        return Optional.of(endedByCluster("the driver waited for executors"));
      }
      if (allocation instanceof Allocation.TooFew missing) {
        return Optional.of(new Outcome.Resumable(missing.reason()));
      }
      run = run.under(((Allocation.Ready) allocation).plan());
      if (run.plan().microSize() == MicroSize.GIVEN) {
        status.plan(run.plan().plan());
      }
      end = new Attempt(spark, executors, run, status, stop, recovery.stopWithin()).run(work);
      if (end instanceof AttemptEnd.Completed) {
        run.directory().publishModel(claim.attempt());
      }
    } catch (FencedException e) {
      throw e;
    } catch (NewerCheckpointException e) {
      return Optional.of(new Outcome.Invalid(e.getMessage()));
    } catch (IOException e) {
      LOG.error("attempt {} failed on the driver", claim.attempt(), e);
      end =
          new AttemptEnd.Broken(
              new Verdict(Verdict.VerdictKind.RETRY, e.toString(), Optional.empty()));
    }
    return outcomeOf(end, claim, status, decision);
  }

  private AttemptClaim claim(int after) throws IOException {
    Claimant who =
        new Claimant(
            InetAddress.getLocalHost().getHostName(), spark.sc().applicationId(), clock.instant());
    return AttemptClaim.take(home.output(), home.hadoop(), after, who);
  }

  /** Another driver may have come to the end between our first look and our claim. */
  private boolean isFinishedMeanwhile(Work work) throws IOException {
    return home.directory().state(work.settingsJson()) instanceof RunState.Finished;
  }

  private Optional<Checkpoint> newestGood(AttemptClaim claim, Work work, ResumeMode resume)
      throws IOException {
    CheckpointStore store = home.checkpoints();
    NewestGood found = store.newestGood(claim);
    for (String passedOver : found.passedOver()) {
      LOG.warn("checkpoint passed over: {}", passedOver);
    }
    resume.requireFound(home.directory(), found.checkpoint());
    if (found.checkpoint().isPresent()) {
      work.fit().require(found.checkpoint().get());
    }
    return found.checkpoint();
  }

  /** All that are wanted, or those who are there after a while. */
  private Allocation awaitExecutors(AskedPlan wanted, MicroSize asked) throws InterruptedException {
    int workers = wanted.plan().workers();
    int there = executors.await(workers, recovery.waitForExecutors(), stop);
    String leftOut =
        executors.leftOut().isEmpty()
            ? ""
            : ", left out for their failures: " + String.join(", ", executors.leftOut());
    String waited =
        "%d s (recovery.wait-for-executors%s)"
            .formatted(recovery.waitForExecutors().toSeconds(), leftOut);
    Allocation allocation = Allocation.of(wanted, asked, there, waited);
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

  private Optional<Outcome> outcomeOf(
      AttemptEnd end, AttemptClaim claim, StatusKeeper status, RetryDecision decision)
      throws IOException, InterruptedException {
    if (end instanceof AttemptEnd.Completed completed) {
      return Optional.of(new Outcome.Succeeded(completed.results()));
    }
    if (end instanceof AttemptEnd.Stopped stopped) {
      return Optional.of(new Outcome.Resumable(stopped.reason()));
    }
    if (end instanceof AttemptEnd.Superseded superseded) {
      return Optional.of(new Outcome.Superseded(superseded.reason()));
    }
    Verdict verdict = ((AttemptEnd.Broken) end).verdict();
    if (executors.isOver()) {
      status.attemptEnds(verdict.reason());
      return Optional.of(endedByCluster("an attempt was under way"));
    }
    RetryDecision.Next next = decision.after(verdict, status.reachedUpdate(), newestCheckpoint());
    if (next instanceof RetryDecision.Next.End last) {
      status.attemptEnds(verdict.reason());
      return Optional.of(last.outcome());
    }
    RetryDecision.Next.Again again = (RetryDecision.Next.Again) next;
    Optional<String> leftOut = again.leaveOut().filter(host -> leaveOut(host, verdict));
    status.attemptEnds(
        verdict.reason() + leftOut.map(host -> "; host " + host + " is left out").orElse(""));
    LOG.warn(
        "attempt {} ended at update {}: {}; failure {} without progress, the next attempt begins"
            + " in {} ms",
        claim.attempt(),
        status.reachedUpdate(),
        verdict.reason(),
        again.failure(),
        again.after().toMillis());
    return stop.await(again.after()).map(Outcome.Resumable::new);
  }

  private Outcome endedUnderWay(StatusKeeper status, Exception consequence) throws IOException {
    LOG.error("Spark is stopped", consequence);
    Outcome outcome = endedByCluster("the run was under way");
    status.end(outcome);
    return outcome;
  }

  private Outcome endedByCluster(String meanwhile) {
    Optional<Outcome> stopped = stop.reason().map(Outcome.Resumable::new);
    return stopped.orElseGet(() -> EndedByCluster.during(spark.sc(), meanwhile));
  }

  /** Only to see progress, so that it need not verify. */
  private long newestCheckpoint() {
    try {
      return home.checkpoints().updates().stream().reduce(0L, Math::max);
    } catch (IOException e) {
      LOG.warn("the checkpoints cannot be listed now: {}", e.toString());
      return 0;
    }
  }

  private boolean leaveOut(String host, Verdict verdict) {
    return !executors.leftOut().contains(host)
        && executors.leaveOut(host, verdict.failure().orElseThrow().executor());
  }

  /** The process ends while the run is under way: it can be continued. */
  private void endOfProcess(StatusKeeper status) {
    try {
      status.end(new Outcome.Resumable(stop.reason().orElse("the driver's process was ended")));
    } catch (IOException e) {
      LOG.error("the run's status could not be written", e);
    }
  }

  private void endAfter(Exception error, StatusKeeper status) {
    try {
      Optional<Outcome> stopped = stop.reason().map(Outcome.Resumable::new);
      status.end(stopped.orElseGet(() -> new Outcome.Failed(error.toString(), Optional.empty())));
    } catch (IOException e) {
      error.addSuppressed(e);
    }
  }
}
