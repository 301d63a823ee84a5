/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.PastAttempt;
import io.cairn.checkpoint.PastAttempt.EndedBy;
import io.cairn.checkpoint.RunStatus;
import io.cairn.plan.BatchPlan;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.RankMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@code STATUS.json} true: each attempt begun, a little further every few seconds, and
 * ended; the run ended exactly once. Written under the present attempt's claim, so that a driver
 * that has lost the run says nothing more about it.
 *
 * <p>Owned by the supervisor. Threading: safe everywhere; Spark's thread brings progress, the
 * driver's or a shutdown hook ends it. A status that cannot be written fails the run, except for
 * progress, which the next one makes up for.
 */
final class StatusKeeper implements MetricsSink {

  private static final Logger LOG = LoggerFactory.getLogger(StatusKeeper.class);
  private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(10);

  private final Clock clock;
  private final String name;
  private List<PastAttempt> before;
  private Function<BatchPlan, OptionalInt> threads = plan -> OptionalInt.empty();
  private Optional<RunStatus> status = Optional.empty();
  private StatusFile file;
  private boolean over;

  /**
   * @param before the run's attempts so far, of earlier drivers
   */
  StatusKeeper(Clock clock, String name, List<PastAttempt> before) {
    this.clock = clock;
    this.name = name;
    this.before = before;
  }

  /** Says how many micro-batches a worker computes side by side under a plan. */
  synchronized void threads(ToIntFunction<BatchPlan> known) {
    threads = plan -> OptionalInt.of(known.applyAsInt(plan));
  }

  /** Says under which claim it is written from now on. */
  synchronized void claimed(StatusFile claimed) {
    file = claimed;
  }

  /**
   * Writes an attempt's first status, unless the run has ended.
   *
   * @param update the update it goes on from
   * @param epoch epochs begun by then
   * @param effectiveBatch examples that enter the next full update
   */
  synchronized void attemptBegins(int attempt, long update, int epoch, int effectiveBatch)
      throws IOException {
    if (over) {
      return;
    }
    RunStatus running =
        RunStatus.running(
            name,
            effectiveBatch,
            status.map(RunStatus::attempts).orElse(before),
            attempt,
            update,
            epoch,
            clock.instant());
    file.begin(running);
    status = Optional.of(running);
    before = List.of();
  }

  /** Writes which plan the present attempt works under from now on. */
  synchronized void plan(BatchPlan plan) throws IOException {
    if (isRunning()) {
      write(status.orElseThrow().under(plan, threads.apply(plan), clock.instant()));
    }
  }

  @Override
  public void plan(PlanMetrics plan) throws IOException {
    plan(plan.plan());
  }

  /** Writes how an attempt ended that another may follow; one that did not begin has no line. */
  synchronized void attemptEnds(String cause, EndedBy by) throws IOException {
    if (isRunning() && status.orElseThrow().last().endedAt().isEmpty()) {
      write(status.orElseThrow().attemptEnded(cause, by, clock.instant()));
    }
  }

  @Override
  public synchronized void step(UpdateMetrics step) throws IOException {
    if (!isRunning()) {
      return;
    }
    RunStatus last = status.orElseThrow();
    boolean due = last.updatedAt().plus(PROGRESS_INTERVAL).isBefore(clock.instant());
    RunStatus further =
        last.at(step.update(), step.epoch(), due ? clock.instant() : last.updatedAt());
    if (step.ranks().isPresent()) {
      RankMetrics ranks = step.ranks().get();
      further =
          further.waitingFor(
              ranks.slow().stream().map(ranks::slowness).toList(), further.updatedAt());
    }
    if (due) {
      write(further);
    } else {
      status = Optional.of(further);
    }
  }

  @Override
  public void validation(ValidationMetrics validation) {}

  @Override
  public void close() {}

  /**
   * Writes how the run ended, unless that is written already, no attempt has begun, or it is
   * another driver's to say.
   */
  synchronized void end(Outcome outcome) throws IOException {
    over = true;
    if (!isRunning()) {
      return;
    }
    RunStatus last = status.orElseThrow();
    if (outcome instanceof Outcome.Superseded && last.last().endedAt().isEmpty()) {
      last = last.attemptEnded(outcome.reason(), EndedBy.STOP, clock.instant());
    }
    RunStatus ended =
        last.ended(stateOf(outcome), outcome.exitCode(), outcome.reason(), clock.instant());
    status = Optional.of(ended);
    if (outcome instanceof Outcome.Superseded || outcome instanceof Outcome.NothingToDo) {
      file.leave(ended);
      return;
    }
    try {
      file.write(ended);
    } catch (FencedException e) {
      LOG.warn("the run's status is another driver's now: {}", e.getMessage());
      file.leave(ended);
    }
  }

  /** The last update that the present attempt is known to have done. */
  synchronized long reachedUpdate() {
    return status.map(RunStatus::update).orElse(0L);
  }

  /** Whether the present attempt is known to have done an update. */
  synchronized boolean isTraining() {
    return status.filter(s -> s.last().toUpdate() > s.last().fromUpdate()).isPresent();
  }

  private void write(RunStatus newer) throws IOException {
    file.write(newer);
    status = Optional.of(newer);
  }

  private boolean isRunning() {
    return status.filter(last -> last.state() == RunStatus.State.RUNNING).isPresent();
  }

  private static RunStatus.State stateOf(Outcome outcome) {
    if (outcome.exitCode() == Outcome.EXIT_DONE) {
      return RunStatus.State.SUCCEEDED;
    }
    return outcome instanceof Outcome.Resumable
        ? RunStatus.State.RESUMABLE
        : RunStatus.State.FAILED;
  }
}
