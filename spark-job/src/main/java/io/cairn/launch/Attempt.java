/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.FencedException;
import io.cairn.control.DriverEnd;
import io.cairn.data.DataException;
import io.cairn.data.source.ReadingWatch;
import io.cairn.telemetry.FailureCollector;
import io.cairn.telemetry.FailureReport;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.TaskFailure;
import io.cairn.worker.CheckpointContext;
import io.cairn.worker.RankReport;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One launch of the barrier job, watched to its end: who asks for a stop is passed on to the ranks,
 * who has lost the run to a newer attempt is cancelled, data that cannot be read any more end it at
 * their first failure, and what failed first is found out.
 *
 * <p>Made for one attempt by the supervisor. Threading: {@link #run} blocks its caller; Spark's
 * threads, a stop request's and a timer of its own bring news meanwhile.
 */
final class Attempt {

  private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

  /** Peers often report a death before Spark does. */
  private static final Duration GRACE_FOR_FIRST_CAUSE = Duration.ofSeconds(3);

  /** A task that was told to end and is still there after this hangs. */
  private static final Duration GRACE_FOR_TASKS = Duration.ofSeconds(10);

  private static final long LOOK_EVERY_MS = 1_000;

  /** Where a query shuffles, a task does not know for which setting it reads. */
  private static final String READING_AGAIN = "data: cannot read what was read when the run began";

  private final JavaSparkContext spark;
  private final ClusterExecutors executors;
  private final ClaimedRun run;
  private final StatusKeeper status;
  private final StopRequest stop;
  private final Duration stopWithin;
  private final String tag;

  private boolean over;
  private volatile boolean cancelledToStop;
  private volatile Optional<String> stopAsked = Optional.empty();
  private volatile Optional<String> stopped = Optional.empty();
  private volatile Optional<String> superseded = Optional.empty();

  /**
   * @param run what the attempt has claimed
   * @param status knows how far it is
   * @param stop passed on to the ranks
   * @param stopWithin how long they may take to stop
   */
  Attempt(
      JavaSparkContext spark,
      ClusterExecutors executors,
      ClaimedRun run,
      StatusKeeper status,
      StopRequest stop,
      Duration stopWithin) {
    this.spark = spark;
    this.executors = executors;
    this.run = run;
    this.status = status;
    this.stop = stop;
    this.stopWithin = stopWithin;
    this.tag = "cairn-attempt-" + run.claim().attempt() + "-" + run.claim().token();
  }

  /** Runs it to its end. */
  AttemptEnd run(Supervisor.Work work) throws InterruptedException {
    int number = run.claim().attempt();
    BarrierJob job = new BarrierJob(spark, tag, work.name() + ", attempt " + number);
    FailureCollector failures = new FailureCollector(tag, Verdict::mayBeConsequence);
    ScheduledExecutorService timer = timer();
    // Before the collector: what that has heard of, the watch has.
    ReadingWatch reading = ReadingWatch.open(spark.sc());
    spark.sc().addSparkListener(failures);
    try (DriverEnd listening =
        DriverEnd.open(
            CheckpointContext.channel(run.claim().token()), new ProgressRelay(work.progress()))) {
      LOG.info("attempt {} goes on after update {}: {}", number, run.update(), listening);
      stop.whenAsked(() -> stopAsked(stop.reason().orElseThrow(), job, timer));
      if (stop.reason().isPresent()) {
        return new AttemptEnd.Stopped(stop.reason().get());
      }
      var unused =
          timer.scheduleWithFixedDelay(
              () -> look(job, failures, timer),
              LOOK_EVERY_MS,
              LOOK_EVERY_MS,
              TimeUnit.MILLISECONDS);
      return ended(
          job.run(
              work.train().apply(run.plan().plan().workers()),
              work.validation().apply(run.plan().plan().workers()),
              work.task().of(run)));
    } catch (DataException e) {
      LOG.error("attempt {} found other data", number, e);
      return new AttemptEnd.Broken(Verdict.of(e));
    } catch (SparkException e) {
      LOG.error("attempt {} failed", number, e);
      return broken(e, failures, reading);
    } finally {
      synchronized (this) {
        over = true;
      }
      timer.shutdownNow();
      spark.sc().removeSparkListener(failures);
      reading.close();
    }
  }

  private AttemptEnd ended(List<String> results) {
    List<RankReport> reports = results.stream().map(RankReport::read).toList();
    String stopped = first(reports, RankReport::stopped);
    return stopped.isEmpty()
        ? new AttemptEnd.Completed(results, first(reports, RankReport::early))
        : new AttemptEnd.Stopped(stopReason(stopped));
  }

  private static String first(List<RankReport> reports, Function<RankReport, String> reason) {
    return reports.stream().map(reason).filter(it -> !it.isEmpty()).findFirst().orElse("");
  }

  private AttemptEnd broken(SparkException failed, FailureCollector failures, ReadingWatch reading)
      throws InterruptedException {
    if (superseded.isPresent()) {
      return new AttemptEnd.Superseded(superseded.get());
    }
    if (cancelledToStop || stopped.isPresent() || stop.reason().isPresent()) {
      return new AttemptEnd.Stopped(stopReason(stopped.orElse("")));
    }
    boolean isKnown = reading.failure(READING_AGAIN).isPresent();
    if (!isKnown && GuestStay.wasCancelled(failed)) {
      return new AttemptEnd.Stopped("its Spark job was cancelled");
    }
    FailureReport report = failures.report(isKnown ? Duration.ZERO : GRACE_FOR_FIRST_CAUSE);
    for (TaskFailure failure : report.failures()) {
      LOG.error("{}\n{}", failure.describe(), failure.detail());
    }
    // The signal that stops us may have killed executors first.
    if (stop.reason().isPresent()) {
      return new AttemptEnd.Stopped(stop.reason().get());
    }
    if (!executors.isOver()) {
      executors.replace(failures.stillRunning(GRACE_FOR_TASKS));
    }
    Optional<DataException> unreadable = reading.failure(READING_AGAIN);
    return AttemptEnd.of(unreadable.map(Verdict::of).orElseGet(() -> Verdict.of(failed, report)));
  }

  /** Who asked for it on this side knows more than the ranks. */
  private String stopReason(String fromRanks) {
    return stop.reason().or(() -> stopAsked).orElse(fromRanks);
  }

  /** The ranks hear of it from rank 0; if they take too long, or do no updates yet, at once. */
  private synchronized void stopAsked(
      String reason, BarrierJob job, ScheduledExecutorService timer) {
    if (over) {
      return;
    }
    boolean isFirst = stopAsked.isEmpty();
    stopAsked = Optional.of(reason);
    if (!status.isTraining()) {
      LOG.info("{}: nothing is trained yet, the attempt is cancelled", reason);
      cancelToStop(job);
    } else if (isFirst) {
      LOG.info("{}: the ranks are to stop after the update under way", reason);
      var unused =
          timer.schedule(
              () -> {
                LOG.warn("the ranks have not stopped within {}: cancelled", stopWithin);
                cancelToStop(job);
              },
              stopWithin.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  private void cancelToStop(BarrierJob job) {
    cancelledToStop = true;
    job.cancel();
  }

  /** What nobody tells us: whether the claim still holds, and whether executors are to go. */
  private void look(BarrierJob job, FailureCollector failures, ScheduledExecutorService timer) {
    try {
      run.claim().requireNewest();
      if (stopAsked.isEmpty()) {
        leaving(executors, failures.running(), run.plan().plan().workers())
            .ifPresent(who -> stopAsked(who + " is being decommissioned", job, timer));
      }
    } catch (FencedException e) {
      superseded = Optional.of(e.getMessage());
      job.cancel();
    } catch (IOException | RuntimeException e) {
      LOG.warn("cannot tell whether this attempt still has the run: {}", e.toString());
    }
  }

  /**
   * An executor that is about to go concerns the run if it has a rank; before the ranks have begun,
   * if those that stay are too few.
   */
  static Optional<String> leaving(ClusterExecutors executors, Set<String> atWork, int workers) {
    if (!atWork.isEmpty()) {
      return executors.leaving(atWork::contains);
    }
    return executors.count() < workers ? executors.leaving(any -> true) : Optional.empty();
  }

  private static ScheduledExecutorService timer() {
    return Executors.newSingleThreadScheduledExecutor(
        work -> {
          Thread thread = new Thread(work, "cairn-attempt");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** What rank 0 hears, and says. */
  private final class ProgressRelay implements DriverEnd.Listener {

    private final MetricsSink progress;

    ProgressRelay(MetricsSink display) {
      progress = MetricsSink.all(List.of(status, display));
    }

    @Override
    public void progress(String line) {
      try {
        MetricsJson.read(line, progress);
      } catch (IOException | RuntimeException e) {
        LOG.warn("progress could not be shown: {}", e.toString());
      }
    }

    @Override
    public boolean isStopAsked() {
      return stopAsked.isPresent();
    }

    @Override
    public void stopped(String reason) {
      stopped = Optional.of(reason);
    }
  }
}
