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
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Runs a rank's updates, window by window, with a validation at the end of each epoch and
 * checkpoints in between. A last checkpoint is saved when all updates are made or when all ranks
 * stop.
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

  TrainingLoop(
      Replica replica,
      MicroBatches batches,
      TrainingStep step,
      Validation validation,
      MetricsSink metrics,
      StateKeeper states,
      Supplier<StopVote> stop) {
    this.replica = replica;
    this.batches = batches;
    this.step = step;
    this.validation = validation;
    this.metrics = metrics;
    this.states = states;
    this.stop = stop;
  }

  /**
   * Where a loop ended.
   *
   * @param at updates done, and all that follows from them
   * @param stop why before all updates were made; empty at its end
   */
  record End(RunPosition at, Optional<String> stop) {}

  /** Trains to the end of the course, or until a rank wants to stop. The state is saved then. */
  End run(RunPosition from) throws IOException, InterruptedException {
    RunPosition at = from;
    states.requireSame(at);
    for (Optional<Window> next = batches.nextWindow();
        next.isPresent();
        next = batches.nextWindow()) {
      ControlDecision decision = update(at.update() + 1, next.get());
      at = at.under(batches.plan()).after(next.get().next(), replica.iteration(), replica.epoch());
      if (at.update() == from.update() + 1) {
        StartPhase.FIRST_UPDATE.over();
      }
      SynchronizedGc.after(at.update() - from.update());
      if (decision.stop().isPresent()) {
        states.saveLast(at);
        return new End(at, decision.stop());
      }
      if (decision.save() == ControlVotes.Save.DUE) {
        states.save(at);
      }
    }
    if (at.update() > from.update()) {
      states.saveLast(at);
    }
    return new End(at, Optional.empty());
  }

  /** An update with the validation that belongs to it. */
  private ControlDecision update(long update, Window window)
      throws IOException, InterruptedException {
    int epoch = Math.toIntExact(window.cursor().epoch() + 1);
    UpdateResult result =
        step.run(update, window, new ControlVotes(states.wish(update), stop.get()));
    if (!result.replanned().isEmpty()) {
      String reason = String.join("; ", result.replanned());
      metrics.plan(new PlanMetrics(update, epoch, batches.plan(), reason));
    }
    metrics.step(result.metrics(update, epoch));
    if (window.next().epoch() > window.cursor().epoch()) {
      replica.epochDone();
      if (validation.isWanted()) {
        metrics.validation(validation.run(update, epoch, batches.plan().micro()));
      }
    }
    return result.decision();
  }
}
