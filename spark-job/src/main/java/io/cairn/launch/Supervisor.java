/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunStatus;
import io.cairn.telemetry.CairnPlugin;
import io.cairn.telemetry.FailureCollector;
import io.cairn.telemetry.FailureReport;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.TaskFailure;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees a run through: begins its output, launches an attempt, finds out what came of it, and says
 * so in {@code STATUS.json} whatever happens.
 *
 * <p>A run has one attempt: whatever fails it ends the run.
 *
 * <p>Used once, on the driver. Threading: {@link #run} blocks its caller; a stop request or the
 * process's end may come from any thread. An IOException means that the output cannot be written.
 */
public final class Supervisor {

  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

  /** Peers often report a death before Spark does. */
  private static final Duration GRACE_FOR_FIRST_CAUSE = Duration.ofSeconds(3);

  /** Before Spark's own hook (40) and that of Hadoop's file systems (10). */
  private static final int HOOK_PRIORITY = 100;

  private static final int HOOK_TIMEOUT_SECONDS = 10;

  /** Failures of the network between ranks: what the death of one does to the others. */
  private static final String PEER_FAILURES = "io.cairn.collective.";

  /** The operator's mistakes that only a worker can find. */
  static final Set<String> INVALID =
      Set.of(
          "io.cairn.settings.SettingsException",
          "io.cairn.data.DataException",
          "io.cairn.replica.ModelException");

  private final JavaSparkContext spark;
  private final RunDirectory directory;
  private final StopRequest stop;
  private final Clock clock;

  /**
   * @param spark the driver's context; not closed
   * @param directory the run's output, found fit for this run
   * @param stop ends the run when it is asked
   */
  public Supervisor(JavaSparkContext spark, RunDirectory directory, StopRequest stop, Clock clock) {
    this.spark = spark;
    this.directory = directory;
    this.stop = stop;
    this.clock = clock;
  }

  /**
   * What to run.
   *
   * @param name the run's name
   * @param effectiveBatch examples that enter one full update
   * @param settingsJson the resolved settings with the plan
   * @param train encoded training examples, partition n for rank n
   * @param validation encoded validation examples, as many partitions
   * @param taskOfAttempt what each rank does in an attempt, by its number
   * @param progress hears on the driver how far rank 0 is; not closed
   */
  public record Work(
      String name,
      int effectiveBatch,
      String settingsJson,
      JavaRDD<byte[]> train,
      JavaRDD<byte[]> validation,
      IntFunction<RankTask> taskOfAttempt,
      MetricsSink progress) {}

  /** Runs it to its outcome, which is in {@code STATUS.json} when this returns. */
  public Outcome run(Work work) throws IOException, InterruptedException {
    int attempt = directory.status().map(last -> last.attempt() + 1).orElse(1);
    RunStatus running =
        RunStatus.running(work.name(), work.effectiveBatch(), attempt, clock.instant());
    StatusKeeper status = StatusKeeper.begin(directory, clock, work.settingsJson(), running);
    Runnable lastWord = () -> endOfProcess(status);
    ShutdownHookManager.get()
        .addShutdownHook(lastWord, HOOK_PRIORITY, HOOK_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    try {
      Outcome outcome = attempt(work, attempt, status);
      status.end(outcome);
      return outcome;
    } catch (RuntimeException | IOException e) {
      endAfter(e, status);
      throw e;
    } finally {
      if (!ShutdownHookManager.get().isShutdownInProgress()) {
        ShutdownHookManager.get().removeShutdownHook(lastWord);
      }
    }
  }

  private Outcome attempt(Work work, int attempt, StatusKeeper status)
      throws IOException, InterruptedException {
    String group = "cairn-" + spark.sc().applicationId() + "-attempt-" + attempt;
    BarrierJob job = new BarrierJob(spark, group, work.name() + ", attempt " + attempt);
    FailureCollector failures =
        new FailureCollector(group, errorClass -> errorClass.startsWith(PEER_FAILURES));
    MetricsSink progress = MetricsSink.all(List.of(status, work.progress()));
    spark.sc().addSparkListener(failures);
    try (CairnPlugin.Listening listening = CairnPlugin.listen(progress)) {
      LOG.info("attempt {} begins: {}", attempt, listening);
      stop.whenAsked(job::cancel);
      if (stop.reason().isPresent()) {
        return new Outcome.Resumable(stop.reason().get());
      }
      List<String> results =
          job.run(work.train(), work.validation(), work.taskOfAttempt().apply(attempt));
      directory.publishModel(attempt);
      return new Outcome.Succeeded(results);
    } catch (SparkException e) {
      LOG.error("attempt {} failed", attempt, e);
      return outcomeOf(e, failures);
    } finally {
      spark.sc().removeSparkListener(failures);
    }
  }

  private Outcome outcomeOf(SparkException failed, FailureCollector failures)
      throws InterruptedException {
    if (stop.reason().isPresent()) {
      return new Outcome.Resumable(stop.reason().get());
    }
    FailureReport report = failures.report(GRACE_FOR_FIRST_CAUSE);
    for (TaskFailure failure : report.failures()) {
      LOG.error("{}\n{}", failure.describe(), failure.detail());
    }
    // The signal that stops us may have killed executors first.
    if (stop.reason().isPresent()) {
      return new Outcome.Resumable(stop.reason().get());
    }
    return outcomeOf(failed, report);
  }

  static Outcome outcomeOf(SparkException failed, FailureReport report) {
    Optional<TaskFailure> cause = report.firstCause();
    if (cause.isEmpty() || cause.get().kind() == TaskFailure.Kind.KILLED) {
      return new Outcome.Failed(firstLine(failed), cause);
    }
    TaskFailure first = cause.get();
    return switch (first.kind()) {
      case ERROR ->
          INVALID.contains(first.errorClass())
              ? new Outcome.Invalid(first.message())
              : new Outcome.Failed(first.describe(), cause);
      case EXECUTOR_LOST, KILLED -> new Outcome.Failed(first.describe(), cause);
      case PEER_FAILURE ->
          new Outcome.Failed(
              first.describe() + " (Spark reported no failure of that peer itself)", cause);
    };
  }

  private static String firstLine(SparkException failed) {
    String message = failed.getMessage() == null ? failed.toString() : failed.getMessage();
    return message.lines().findFirst().orElse(message);
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
