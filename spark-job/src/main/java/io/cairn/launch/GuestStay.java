/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.DataException;
import io.cairn.replica.ComputeDevice;
import io.cairn.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run's time in a session that is not its own. It works on a thread of its own, which inherits
 * the caller's job group, pool and other properties and can change its copies only; its jobs carry
 * a tag, so that they can be ended and no others.
 *
 * <p>An interrupt of the caller asks the run to stop, as a cancelled job does: both mean that
 * somebody wants it to end and the session to be free.
 *
 * <p>A process computes one run at a time; others wait for their turn.
 *
 * <p>Made and closed by the caller's thread. Threading: {@link #work} blocks its caller; a stop may
 * come from any thread.
 */
final class GuestStay implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GuestStay.class);

  /** A process has one Spark context and one ND4J. */
  private static final Semaphore TURN = new Semaphore(1, true);

  private static final long LOOK_EVERY_MS = 100;

  /** What is to be done after the ranks have stopped. */
  private static final Duration STOP_AFTER_RANKS = Duration.ofSeconds(30);

  private static final Pattern CANCELLED =
      Pattern.compile("(?s).*\\b(Job|Stage) \\d+ (was )?cancelled.*");

  private final SparkContext spark;
  private final StopRequest stop;
  private final WholeExecutors executors;
  private final String tag = "cairn-" + UUID.randomUUID();
  private volatile boolean readingIsOver;
  private Optional<CompletableFuture<?>> begun = Optional.empty();

  private GuestStay(SparkContext spark, StopRequest stop) {
    this.spark = spark;
    this.stop = stop;
    this.executors = new WholeExecutors(spark);
  }

  /** Somebody wanted the work to end, and it has. */
  static final class StoppedException extends Exception {
    private static final long serialVersionUID = 1L;

    StoppedException(String reason) {
      super(reason);
    }
  }

  /**
   * Waits for its turn.
   *
   * @throws StoppedException if somebody asks to stop before it comes
   */
  static GuestStay in(SparkSession session, StopRequest stop)
      throws StoppedException, InterruptedException {
    // The driver looks at the model with ND4J, and in local mode trains with it.
    ComputeDevice.prepareProcess();
    while (!TURN.tryAcquire(LOOK_EVERY_MS, TimeUnit.MILLISECONDS)) {
      if (stop.reason().isPresent()) {
        throw new StoppedException(stop.reason().get());
      }
    }
    GuestStay stay = new GuestStay(session.sparkContext(), stop);
    stop.whenAsked(stay::stopReading);
    return stay;
  }

  /**
   * Returns if the session can run these workers.
   *
   * @throws LaunchException if it cannot, saying what to set
   */
  void require(Settings settings, int workers) {
    List<String> problems = executors.problems(settings, workers);
    if (!problems.isEmpty()) {
      throw new LaunchException(problems);
    }
  }

  /** What the session lacks that makes a run faster, a sentence each. */
  List<String> notes() {
    return executors.notes();
  }

  /** The same shards, of which an executor is given one. */
  JavaRDD<byte[]> fill(JavaRDD<byte[]> shards) {
    readingIsOver = true;
    return executors.fill(shards);
  }

  /**
   * Does the work.
   *
   * @param stopWithin how long the ranks may take to stop
   * @throws StoppedException if it ended because somebody wanted it to
   * @throws InterruptedException if the caller is interrupted, when the work has ended
   */
  <T> T work(Callable<T> work, Duration stopWithin)
      throws StoppedException, IOException, InterruptedException {
    CompletableFuture<T> end = new CompletableFuture<>();
    begun = Optional.of(end);
    Thread worker = new Thread(() -> run(work, end), "cairn-training");
    worker.setDaemon(true);
    worker.start();
    try {
      return result(end);
    } catch (InterruptedException e) {
      stop.ask("the thread that trains was interrupted");
      awaitEnd(end, worker, stopWithin.plus(STOP_AFTER_RANKS));
      throw e;
    }
  }

  private <T> void run(Callable<T> work, CompletableFuture<T> end) {
    spark.addJobTag(tag);
    try {
      end.complete(work.call());
    } catch (Throwable e) {
      end.completeExceptionally(e);
    }
  }

  private <T> T result(CompletableFuture<T> end)
      throws StoppedException, IOException, InterruptedException {
    try {
      return end.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (stop.reason().isPresent()) {
        LOG.info("ended by a stop", cause);
        throw new StoppedException(stop.reason().get());
      }
      if (wasCancelled(cause)) {
        LOG.info("ended by a cancelled job", cause);
        throw new StoppedException("its Spark job was cancelled");
      }
      if (cause instanceof IOException io) {
        throw io;
      }
      if (cause instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(cause);
    }
  }

  /** Another interrupt while it waits says nothing new. */
  private static void awaitEnd(CompletableFuture<?> end, Thread worker, Duration longest) {
    long deadline = System.nanoTime() + longest.toNanos();
    for (long left = longest.toMillis();
        left > 0 && worker.isAlive();
        left = Duration.ofNanos(deadline - System.nanoTime()).toMillis()) {
      try {
        worker.join(left);
      } catch (InterruptedException again) {
        LOG.debug("interrupted once more", again);
      }
    }
    if (!end.isDone()) {
      LOG.warn("the run has not ended within {}", longest);
      worker.interrupt();
    }
  }

  /**
   * Whether somebody else ended a job that this failure comes from; a reader's fault ends one too.
   */
  static boolean wasCancelled(Throwable failure) {
    for (Throwable e = failure; e != null && !(e instanceof DataException); e = e.getCause()) {
      String message = String.valueOf(e.getMessage());
      if (CANCELLED.matcher(message).matches() && !message.contains("was shut down")) {
        return true;
      }
    }
    return false;
  }

  /** Later the attempt ends its job itself, in good order. */
  private void stopReading() {
    if (!readingIsOver) {
      spark.cancelJobsWithTag(tag);
    }
  }

  /** The next one's turn comes when the work has ended, however long that takes. */
  @Override
  public void close() {
    if (begun.isEmpty()) {
      TURN.release();
    } else {
      var unused = begun.get().whenComplete((result, failure) -> TURN.release());
    }
  }
}
