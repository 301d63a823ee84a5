/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.control.DriverLine;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.util.ShutdownHookManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when the run should stop: because this process is told to end (SIGTERM, or anything else
 * that begins the JVM's orderly end), or, on rank 0, because the driver has been asked to stop.
 *
 * <p>It delays the JVM's end, before Spark and the file systems shut down, until the task is over
 * or a time limit has passed. This leaves time for the current update and its checkpoint.
 *
 * <p>Owned by the task, which closes it last.
 *
 * <p>Threading: {@link #wish} and {@link #close} belong to the task's thread; the JVM's hook and a
 * timer set what it reads.
 */
final class StopSignals implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);

  /** Before Spark's own hook (40) and that of Hadoop's file systems (10). */
  private static final int HOOK_PRIORITY = 100;

  private static final long ASK_EVERY_MS = 500;

  /** Spark says nowhere when a task's result has reached the driver; this is plenty. */
  private static final long RESULT_TRAVELS_MS = 1_000;

  private final DriverLine driver;
  private final long longestWaitMs;
  private final CountDownLatch taskOver = new CountDownLatch(1);
  private final Runnable hook = this::processEnds;
  private final ScheduledExecutorService asking;
  private volatile StopVote wish = StopVote.NONE;

  private StopSignals(DriverLine driver, long longestWaitMs, ScheduledExecutorService asking) {
    this.driver = driver;
    this.longestWaitMs = longestWaitMs;
    this.asking = asking;
  }

  /**
   * Begins to watch.
   *
   * @param rank rank 0 asks the driver too
   * @param longestWaitMs how long the process's end may be held up; 0 for a process that is not the
   *     run's, whose end is left alone
   */
  static StopSignals watch(int rank, DriverLine driver, long longestWaitMs) {
    ScheduledExecutorService asking =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "cairn-stop-signs");
              thread.setDaemon(true);
              return thread;
            });
    StopSignals signs = new StopSignals(driver, longestWaitMs, asking);
    if (longestWaitMs > 0) {
      signs.watchProcess();
    }
    if (rank == 0) {
      var unused =
          asking.scheduleWithFixedDelay(
              signs::askDriver, ASK_EVERY_MS, ASK_EVERY_MS, TimeUnit.MILLISECONDS);
    }
    return signs;
  }

  private void watchProcess() {
    try {
      ShutdownHookManager.get()
          .addShutdownHook(
              hook, HOOK_PRIORITY, longestWaitMs + 2 * RESULT_TRAVELS_MS, TimeUnit.MILLISECONDS);
    } catch (IllegalStateException shuttingDown) {
      wish = StopVote.PROCESS;
    }
  }

  /** What this rank votes for now. */
  StopVote wish() {
    return wish;
  }

  private void askDriver() {
    if (wish == StopVote.NONE && driver.isStopAsked()) {
      LOG.info("the driver asks for a stop");
      wish = StopVote.DRIVER;
    }
  }

  private void processEnds() {
    LOG.info("this process is told to end: all ranks stop after the update under way");
    wish = StopVote.PROCESS;
    try {
      if (taskOver.await(longestWaitMs, TimeUnit.MILLISECONDS)) {
        TimeUnit.MILLISECONDS.sleep(RESULT_TRAVELS_MS);
      } else {
        LOG.warn("the task is not over after {} ms; the process ends all the same", longestWaitMs);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The task is over: the process may end. */
  @Override
  public void close() {
    taskOver.countDown();
    asking.shutdownNow();
    if (!ShutdownHookManager.get().isShutdownInProgress()) {
      try {
        ShutdownHookManager.get().removeShutdownHook(hook);
      } catch (IllegalStateException shuttingDown) {
        LOG.debug("the process began to end just now", shuttingDown);
      }
    }
  }
}
