/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.Success$;
import org.apache.spark.TaskEndReason;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.TaskKilled;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.scheduler.TaskInfo;
import scala.collection.JavaConverters;

/**
 * Listens to Spark to find out which task failure came first when a barrier job fails.
 *
 * <p>It listens to the job with one tag. The last stage of such a job is the barrier stage.
 * Failures in the shuffles before it are forgotten when it begins, because Spark has then retried
 * them with success. If the barrier stage never begins, the last of those failures is the one that
 * made Spark give up.
 *
 * <p>The loss of an executor is also taken from the event of its removal, because Spark may close
 * the stage before it reports the task. An executor without a running rank (a spare one, or one
 * whose task has ended) cannot be the cause. Its loss appears in the report only.
 *
 * <p>Registered with the Spark context during one attempt, by whoever runs the attempt.
 *
 * <p>Threading: Spark's listener thread feeds it, any thread reads; one lock guards all.
 */
public final class FailureCollector extends SparkListener {

  private static final String TAGS_PROPERTY = "spark.job.tags";
  private static final int NO_STAGE = -1;

  private final String jobTag;
  private final Predicate<String> consequence;
  private int barrierStage = NO_STAGE;
  private final Set<Integer> stagesBefore = new HashSet<>();
  private Optional<TaskFailure> lastBefore = Optional.empty();
  private final Map<String, TaskInfo> tasks = new HashMap<>();
  private final Set<String> running = new HashSet<>();
  private final List<TaskFailure> failures = new ArrayList<>();

  /**
   * @param jobTag the barrier job's tag
   * @param consequence tells by an exception's class name whether a peer's failure may have caused
   *     it
   */
  public FailureCollector(String jobTag, Predicate<String> consequence) {
    this.jobTag = jobTag;
    this.consequence = consequence;
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart job) {
    if (isOurs(job.properties())) {
      JavaConverters.seqAsJavaList(job.stageInfos()).stream()
          .map(StageInfo::stageId)
          .forEach(stagesBefore::add);
      barrierStage = stagesBefore.stream().reduce(NO_STAGE, Math::max);
      stagesBefore.remove(barrierStage);
    }
  }

  private boolean isOurs(Properties job) {
    String tags = job == null ? null : job.getProperty(TAGS_PROPERTY);
    return tags != null && List.of(tags.split(",")).contains(jobTag);
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    if (submitted.stageInfo().stageId() == barrierStage) {
      failures.clear();
      lastBefore = Optional.empty();
    }
  }

  @Override
  public synchronized void onTaskStart(SparkListenerTaskStart start) {
    if (start.stageId() == barrierStage) {
      tasks.put(start.taskInfo().executorId(), start.taskInfo());
      running.add(start.taskInfo().executorId());
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.stageId() == barrierStage && running.remove(end.taskInfo().executorId())) {
      notifyAll();
    }
    if (end.reason() == Success$.MODULE$) {
      return;
    }
    OptionalInt rank = OptionalInt.of(end.taskInfo().index());
    if (end.stageId() == barrierStage) {
      add(failure(end.reason(), end.taskInfo(), rank));
    } else if (stagesBefore.contains(end.stageId()) && !(end.reason() instanceof TaskKilled)) {
      // What became of an executor is in Spark's own words, should the job fail for that.
      lastBefore =
          Optional.of(failure(end.reason(), end.taskInfo(), OptionalInt.empty()))
              .filter(failure -> failure.kind() == TaskFailure.FailureKind.ERROR);
      notifyAll();
    }
  }

  @Override
  public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
    TaskInfo task = tasks.get(removed.executorId());
    boolean wasAtWork = running.remove(removed.executorId());
    add(
        new TaskFailure(
            wasAtWork ? TaskFailure.FailureKind.EXECUTOR_LOST : TaskFailure.FailureKind.IDLE_LOST,
            wasAtWork ? OptionalInt.of(task.index()) : OptionalInt.empty(),
            removed.executorId(),
            task == null ? "an unknown host" : task.host(),
            "",
            "executor lost: " + removed.reason(),
            "",
            removed.time()));
  }

  /** The executors that have a rank at work now. */
  public synchronized Set<String> running() {
    return Set.copyOf(running);
  }

  /**
   * What is known once a certain cause is, or after a grace period.
   *
   * @param grace longest wait for news that turns a consequence into a cause
   */
  public synchronized FailureReport report(Duration grace) throws InterruptedException {
    long deadline = System.nanoTime() + grace.toNanos();
    FailureReport report = known();
    while (!report.isConclusive()) {
      long leftMs = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
      if (leftMs <= 0) {
        break;
      }
      wait(leftMs);
      report = known();
    }
    return report;
  }

  private FailureReport known() {
    List<TaskFailure> all = new ArrayList<>(failures);
    lastBefore.ifPresent(all::add);
    return new FailureReport(all);
  }

  /**
   * The executors whose task has not ended, nor they themselves, after a grace period.
   *
   * @param grace longest wait for their ends
   */
  public synchronized Set<String> stillRunning(Duration grace) throws InterruptedException {
    long deadline = System.nanoTime() + grace.toNanos();
    while (!running.isEmpty()) {
      long leftMs = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
      if (leftMs <= 0) {
        break;
      }
      wait(leftMs);
    }
    return Set.copyOf(running);
  }

  private void add(TaskFailure failure) {
    failures.add(failure);
    notifyAll();
  }

  private TaskFailure failure(TaskEndReason reason, TaskInfo task, OptionalInt rank) {
    TaskFailure.FailureKind kind;
    String errorClass = "";
    String message;
    String detail = "";
    if (reason instanceof ExecutorLostFailure lost) {
      kind = TaskFailure.FailureKind.EXECUTOR_LOST;
      message = "executor lost: " + lost.reason().getOrElse(() -> "no reason given");
    } else if (reason instanceof ExceptionFailure thrown) {
      errorClass = thrown.className();
      kind =
          consequence.test(errorClass)
              ? TaskFailure.FailureKind.PEER_FAILURE
              : TaskFailure.FailureKind.ERROR;
      message = thrown.description() == null ? errorClass : thrown.description();
      detail = thrown.fullStackTrace() == null ? "" : thrown.fullStackTrace();
    } else if (reason instanceof TaskKilled killed) {
      kind = TaskFailure.FailureKind.KILLED;
      message = "stopped by Spark: " + killed.reason();
    } else {
      kind = TaskFailure.FailureKind.ERROR;
      message =
          reason instanceof TaskFailedReason failed ? failed.toErrorString() : reason.toString();
    }
    return new TaskFailure(
        kind, rank, task.executorId(), task.host(), errorClass, message, detail, task.finishTime());
  }
}
