/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.MicroBatches;
import io.cairn.data.Window;
import io.cairn.replica.Replica;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import java.io.IOException;
import java.util.Optional;

/**
 * Updates, window after window, with a validation at the end of each epoch.
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

  TrainingLoop(
      Replica replica,
      MicroBatches batches,
      TrainingStep step,
      Validation validation,
      MetricsSink metrics) {
    this.replica = replica;
    this.batches = batches;
    this.step = step;
    this.validation = validation;
    this.metrics = metrics;
  }

  /**
   * Trains to the end of the course.
   *
   * @param done updates before this course
   * @return updates done in all
   */
  long run(long done) throws IOException, InterruptedException {
    long update = done;
    for (Optional<Window> next = batches.nextWindow();
        next.isPresent();
        next = batches.nextWindow()) {
      Window window = next.get();
      int epoch = Math.toIntExact(window.cursor().epoch() + 1);
      update++;
      StepResult result = step.run(update, window);
      if (!result.replanned().isEmpty()) {
        String reason = String.join("; ", result.replanned());
        metrics.plan(new PlanMetrics(update, epoch, batches.plan(), reason));
      }
      metrics.step(result.metrics(update, epoch));
      JointCollection.after(update);
      if (window.next().epoch() > window.cursor().epoch()) {
        replica.epochDone();
        if (validation.isWanted()) {
          metrics.validation(validation.run(update, epoch, batches.plan().micro()));
        }
      }
    }
    return update;
  }
}
