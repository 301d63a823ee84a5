/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.MicroBatches;
import io.cairn.data.Window;
import io.cairn.plan.RunPosition;
import io.cairn.replica.Replica;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.StartPhase;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Runs a rank's updates, window by window, with a validation at the end of each epoch and
 * checkpoints in between. A last checkpoint is saved when all updates are made or when all ranks
 * stop: on request, because validations get no better, or because time is over.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 */
final class TrainingLoop {

  private final Replica replica;
  private final MicroBatches batches;
  private final TrainingStep step;
  private final Validation validation;
  private final MetricsSink metrics;
  private final StateKeeper states;
  private final Supplier<StopVote> stop;
  private final Watch watch;
  private final Gauges gauges;
  private final LoopClock clock;

  /**
   * What may end a run before its last update.
   *
   * @param rule when the ranks validate and stop
   * @param best the best so far
   * @param time how long the run has trained
   */
  record Watch(StopRule rule, BestSoFar best, TrainedTime time) {}

  TrainingLoop(
      Replica replica,
      MicroBatches batches,
      TrainingStep step,
      Validation validation,
      MetricsSink metrics,
      StateKeeper states,
      Supplier<StopVote> stop,
      Watch watch,
      Gauges gauges,
      LongSupplier nanoTime) {
    this.replica = replica;
    this.batches = batches;
    this.step = step;
    this.validation = validation;
    this.metrics = metrics;
    this.states = states;
    this.stop = stop;
    this.watch = watch;
    this.gauges = gauges;
    this.clock = new LoopClock(nanoTime);
  }

  /**
   * Where a loop ended.
   *
   * @param at updates done, and all that follows from them
   * @param stop why before all updates were made, by whoever asked for it; empty at its end
   * @param early why the run is over before all updates were made; empty if they were
   */
  record End(RunPosition at, Optional<String> stop, Optional<String> early) {}

  /** Trains to the end of the course, or until a rank wants to stop. The state is saved then. */
  End run(RunPosition from) throws IOException, InterruptedException {
    RunPosition at = from;
    states.requireSame(at);
    Optional<String> over = watch.best().stop().or(() -> timeIsOver(from.update()));
    if (over.isPresent()) {
      return new End(at, Optional.empty(), over);
    }
    for (Optional<Window> next = batches.nextWindow();
        next.isPresent();
        next = batches.nextWindow()) {
      ControlDecision decision = update(at.update() + 1, next.get());
      at = at.under(batches.plan()).after(next.get().next(), replica.iteration(), replica.epoch());
      if (at.update() == from.update() + 1) {
        StartPhase.FIRST_UPDATE.over();
      }
      validate(at, next.get());
      SynchronizedGc.after(at.update() - from.update(), at.plan().workers());
      if (decision.stop().isPresent()) {
        states.saveLast(at);
        return new End(at, decision.stop(), Optional.empty());
      }
      over = early(decision, at.update());
      if (over.isPresent()) {
        states.saveLast(at, over.get());
        return new End(at, Optional.empty(), over);
      }
      if (decision.save() == ControlVotes.Save.DUE) {
        RunPosition saved = at;
        clock.checkpoint(() -> states.save(saved));
      }
    }
    if (at.update() > from.update()) {
      states.saveLast(at);
    }
    return new End(at, Optional.empty(), Optional.empty());
  }

  /** Every rank has the same numbers of validations, and has read the same votes. */
  private Optional<String> early(ControlDecision decision, long update) {
    Optional<String> best = watch.best().stop();
    return best.isPresent() || !decision.isTimeOver()
        ? best
        : Optional.of(watch.time().sentence(update));
  }

  private Optional<String> timeIsOver(long update) {
    return watch.time().isOver(update)
        ? Optional.of(watch.time().sentence(update))
        : Optional.empty();
  }

  /** Where sums are rounded, time is over only where a run could go on from. */
  private ControlVotes votes(long update) throws IOException {
    StopVote asked = stop.get();
    boolean isTime =
        asked == StopVote.NONE && watch.time().isOver(update) && states.isWhole(update);
    return new ControlVotes(states.wish(update), isTime ? StopVote.TIME : asked);
  }

  private ControlDecision update(long update, Window window)
      throws IOException, InterruptedException {
    int epoch = epoch(window);
    if (batches.beginsStage()) {
      String reason = "batch.schedule, from epoch %d on".formatted(epoch);
      metrics.plan(new PlanMetrics(update, epoch, batches.plan(), reason));
    }
    UpdateClock times = clock.nextUpdate();
    UpdateResult result = step.run(update, window, votes(update), times);
    if (!result.replanned().isEmpty()) {
      String reason = String.join("; ", result.replanned());
      metrics.plan(new PlanMetrics(update, epoch, batches.plan(), reason));
    }
    gauges.take(update, epoch, result);
    if (StopRule.endsEpoch(window)) {
      replica.epochDone();
    }
    return result.decision();
  }

  /** The validation that belongs to an update, if one does. */
  private void validate(RunPosition at, Window window) throws IOException, InterruptedException {
    if (!watch.rule().isValidated(at.update(), window) || !validation.isWanted()) {
      return;
    }
    ValidationMetrics found = validation.run(at.update(), epoch(window), batches.plan().micro());
    metrics.validation(found);
    if (watch.rule().watches() && watch.best().take(found)) {
      clock.checkpoint(() -> states.takeBest(at));
    }
  }

  /** The epoch that a window lies in, from 1 on. */
  private static int epoch(Window window) {
    return Math.toIntExact(window.cursor().epoch() + 1);
  }
}
