/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.RunStatus;
import io.cairn.plan.BatchPlan;
import io.cairn.settings.RecoverySettings;
import io.cairn.telemetry.MetricsSink;
import io.cairn.worker.RunHome;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Sees a run through: claims it, launches attempts from the newest good checkpoint until one comes
 * to the end or nothing is to be gained by another, and says in {@code STATUS.json} what happened,
 * whatever happens. It brings together what that needs; how it goes is {@link RunLifecycle}'s.
 *
 * <p>Used once, on the driver. Threading: {@link #run} blocks its caller; a stop request or the
 * process's end may come from any thread. An IOException means that the output cannot be used.
 */
public final class Supervisor {

  /** Before Spark's own hook (40) and that of Hadoop's file systems (10). */
  private static final int HOOK_PRIORITY = 100;

  private static final int HOOK_TIMEOUT_SECONDS = 10;

  private final JavaSparkContext spark;
  private final RunHome home;
  private final StopRequest stop;
  private final RecoverySettings recovery;
  private final Clock clock;

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
  }

  /**
   * What to run.
   *
   * @param name the run's name
   * @param settingsJson the resolved settings with the plan
   * @param resume whether a checkpoint may, or must, be gone on from
   * @param fit refuses a checkpoint that this run cannot go on from
   * @param train encoded training examples for a number of workers, partition n for rank n
   * @param validation encoded validation examples, as many partitions
   * @param threads micro-batches that a worker computes side by side under a plan
   * @param task what each rank does in an attempt
   * @param progress hears on the driver how far rank 0 is; not closed
   * @param states hears of each state that is written
   */
  record Work(
      String name,
      String settingsJson,
      ResumeMode resume,
      CheckpointFit fit,
      IntFunction<JavaRDD<byte[]>> train,
      IntFunction<JavaRDD<byte[]>> validation,
      ToIntFunction<BatchPlan> threads,
      TaskOfAttempt task,
      MetricsSink progress,
      Consumer<RunStatus> states) {}

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
        new StatusKeeper(clock, work.name(), last.map(RunStatus::attempts).orElse(List.of()));
    status.threads(work.threads());
    RunLifecycle lifecycle =
        new RunLifecycle(
            new DriverEnvironment(spark, home, stop, recovery, clock, work, status),
            status,
            new RetryDecision(recovery, System::nanoTime),
            work.resume());
    Runnable lastWord = lifecycle::processEnds;
    if (stop.isOnSignals()) {
      ShutdownHookManager.get()
          .addShutdownHook(lastWord, HOOK_PRIORITY, HOOK_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
    try {
      return lifecycle.run();
    } finally {
      if (!ShutdownHookManager.get().isShutdownInProgress()) {
        ShutdownHookManager.get().removeShutdownHook(lastWord);
      }
    }
  }
}
