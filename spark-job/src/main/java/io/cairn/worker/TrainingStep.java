/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.ReduceTiming;
import io.cairn.data.MicroBatches;
import io.cairn.data.Window;
import io.cairn.replica.Replica;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.telemetry.StepMetrics.Outcome;
import java.nio.ByteBuffer;
import java.util.OptionalDouble;

/**
 * One update: sum raw gradients over the window's micro-batches, sum the sums over the ranks,
 * update once. The result is that of one batch of all ranks' examples.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 *
 * <p>Failure: whatever the all-reduce, the data or the replica throws ends the attempt; the
 * parameters are then those before the update, or the attempt's copy is thrown away.
 */
final class TrainingStep {

  /** Updates between two comparisons of all ranks' parameters. */
  static final int DIGEST_EVERY_UPDATES = 50;

  private final Replica replica;
  private final MicroBatches batches;
  private final AllReduce allReduce;
  private final StepSums sums;
  private final Noise noise;
  private final OptionalDouble clipGlobalNorm;
  private final OnNonFinite onNonFinite;

  TrainingStep(Replica replica, MicroBatches batches, AllReduce allReduce, WorkerOrder order) {
    this.replica = replica;
    this.batches = batches;
    this.allReduce = allReduce;
    this.sums =
        new StepSums(replica.parameterCount(), replica.bytesPerValue(), allReduce.worldSize());
    this.noise = new Noise(order.seed(), allReduce.rank());
    this.clipGlobalNorm =
        Double.isInfinite(order.clipGlobalNorm())
            ? OptionalDouble.empty()
            : OptionalDouble.of(order.clipGlobalNorm());
    this.onNonFinite = order.onNonFinite();
  }

  /**
   * @param update number of the update, from 1
   * @param window what this rank brings to it
   * @param wishes what this rank would like to happen after it
   */
  StepResult run(long update, Window window, Wishes wishes) throws InterruptedException {
    StepClock clock = new StepClock();
    replica.clear();
    double lossSum = 0;
    for (int i = 0; i < window.microBatches().size(); i++) {
      var batch = batches.next();
      clock.fetched();
      lossSum += replica.accumulate(batch, noise.seed(update, i));
      clock.computed();
    }
    ByteBuffer buffer = replica.reduceBuffer();
    sums.contribute(buffer, allReduce.rank(), lossSum, window.examples(), digest(update), wishes);
    clock.computed();

    ReduceTiming timing = allReduce.sum(update, buffer, sums.layout());
    clock.reduced(timing);

    sums.requireSameParameters(buffer, update);
    Agreed agreed = sums.agreed(buffer);
    long examples = sums.examples(buffer);
    double loss = sums.lossSum(buffer) / examples + replica.regularizationScore();
    double learningRate = replica.learningRate();
    double norm = replica.gradientSumNorm();
    if (!Double.isFinite(norm) || !Double.isFinite(loss)) {
      leaveOut(update);
      return clock.result(examples, loss, Double.NaN, learningRate, Outcome.SKIPPED, agreed);
    }
    double meanNorm = replica.update(examples, norm, clipGlobalNorm);
    return clock.result(examples, loss, meanNorm, learningRate, Outcome.APPLIED, agreed);
  }

  private long digest(long update) {
    return update % DIGEST_EVERY_UPDATES == 0
        ? Integer.toUnsignedLong(replica.parameterDigest())
        : -1;
  }

  private void leaveOut(long update) {
    switch (onNonFinite) {
      case FAIL ->
          throw new NonFiniteGradientException(
              update, replica.firstNonFinite().orElse("the loss, or by overflow of the sum"));
      case SKIP -> replica.skipUpdate();
    }
  }
}
