/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.ExecutorFailuresInTaskSet;
import org.apache.spark.scheduler.TaskScheduler;
import org.apache.spark.scheduler.TaskSchedulerImpl;
import org.apache.spark.status.api.v1.ExecutorSummary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.JavaConverters;
import scala.collection.mutable.HashMap;

/**
 * The executors that Spark has for this application: how many there are, which are about to go, and
 * the end of those that hang.
 *
 * <p>What it asks of Spark is public to Java but no promise of Spark's; all of it is in this class.
 *
 * <p>Threading: safe everywhere; {@link #await} blocks its caller.
 */
final class ClusterExecutors {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterExecutors.class);
  private static final long LOOK_EVERY_MS = 100;
  private static final String DRIVER = "driver";

  private static final String TASKS_TO_EXCLUDE =
      "spark.excludeOnFailure.application.maxFailedTasksPerExecutor";

  private final SparkContext spark;
  private final SortedSet<String> leftOut = new ConcurrentSkipListSet<>();

  ClusterExecutors(SparkContext spark) {
    this.spark = spark;
  }

  /** How many can be given tasks: on hosts that are not left out, and not about to go. */
  int count() {
    return (int)
        executors().stream()
            .filter(executor -> !leftOut.contains(host(executor)) && !isLeaving(executor))
            .count();
  }

  /** Whether Spark was stopped, so that no executor will ever come. */
  boolean isOver() {
    return spark.isStopped();
  }

  /** The hosts that are left out, in order. */
  SortedSet<String> leftOut() {
    return Collections.unmodifiableSortedSet(leftOut);
  }

  /**
   * Gives a host no more tasks, unless it is the only one. Spark has the means, but does not count
   * the failures of barrier tasks, so they are counted for it here; its cluster managers then know
   * not to start executors there, those that can (YARN).
   *
   * @param executor one of the host's executors, lost or not
   * @return whether the host is left out
   */
  boolean leaveOut(String host, String executor) {
    boolean isOnlyOne =
        executors().stream()
            .map(ClusterExecutors::host)
            .allMatch(other -> other.equals(host) || leftOut.contains(other));
    TaskSchedulerImpl scheduler = (TaskSchedulerImpl) spark.taskScheduler();
    if (isOnlyOne || scheduler.healthTrackerOpt().isEmpty()) {
      LOG.warn(
          "host {} keeps failing; {}",
          host,
          isOnlyOne ? "there is no other" : "spark.excludeOnFailure.enabled is off");
      return false;
    }
    ExecutorFailuresInTaskSet failures = new ExecutorFailuresInTaskSet(host);
    for (int task = 0; task < spark.conf().getInt(TASKS_TO_EXCLUDE, 2); task++) {
      failures.updateWithFailure(task, System.currentTimeMillis());
    }
    HashMap<String, ExecutorFailuresInTaskSet> byExecutor = new HashMap<>();
    byExecutor.put(executor, failures);
    // The tracker has no lock of its own.
    synchronized (scheduler) {
      scheduler.healthTrackerOpt().get().updateExcludedForSuccessfulTaskSet(0, 0, byExecutor);
    }
    LOG.warn("host {} keeps failing; it is left out from now on", host);
    leftOut.add(host);
    return true;
  }

  /**
   * Waits until so many are there.
   *
   * @param longest how long to wait at most
   * @param stop ends the wait
   * @return how many there are: fewer if the time is up, somebody asked to stop, or the application
   *     is over
   */
  int await(int wanted, Duration longest, StopRequest stop) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    int there = count();
    if (there < wanted) {
      LOG.info("waiting for executors: {} of {} are there", there, wanted);
    }
    while (there < wanted && System.nanoTime() < end && stop.reason().isEmpty() && !isOver()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MS);
      there = count();
    }
    return there;
  }

  /**
   * The first executor that Spark has been told is about to go (decommissioned), for a person.
   * Spark tells nobody; it has to be asked.
   *
   * @param which the executors that matter, by their ids
   */
  Optional<String> leaving(Predicate<String> which) {
    if (isOver()) {
      return Optional.empty();
    }
    return executors().stream()
        .filter(executor -> which.test(executor.id()) && isLeaving(executor))
        .map(executor -> "executor " + executor.id() + " on " + host(executor))
        .findFirst();
  }

  /**
   * Ends executors that do not end a cancelled task, so that the cluster manager starts others in
   * their place; as far as that can be done.
   */
  void replace(Collection<String> hanging) throws InterruptedException {
    for (String executor : hanging) {
      LOG.warn("executor {} does not end its task; it is ended and replaced", executor);
      if (!killAndReplace(executor)) {
        LOG.warn("the cluster manager did not take the order to end executor {}", executor);
      }
    }
  }

  /** Spark's scheduler asks the cluster manager, and throws what no signature shows. */
  private boolean killAndReplace(String executor) throws InterruptedException {
    try {
      return spark.killAndReplaceExecutor(executor);
    } catch (Exception e) {
      if (e instanceof InterruptedException interrupted) {
        throw interrupted;
      }
      LOG.warn("asking the cluster manager to end executor {}: {}", executor, e.toString());
      return false;
    }
  }

  /** In local mode the driver is the one executor. */
  private List<ExecutorSummary> executors() {
    return JavaConverters.seqAsJavaList(spark.statusStore().executorList(true)).stream()
        .filter(executor -> spark.isLocal() || !executor.id().equals(DRIVER))
        .toList();
  }

  private boolean isLeaving(ExecutorSummary executor) {
    // Spark may be stopped meanwhile, and have no scheduler then.
    TaskScheduler scheduler = spark.taskScheduler();
    return scheduler != null && scheduler.getExecutorDecommissionState(executor.id()).isDefined();
  }

  private static String host(ExecutorSummary executor) {
    String address = executor.hostPort();
    int port = address.lastIndexOf(':');
    return port < 0 ? address : address.substring(0, port);
  }
}
