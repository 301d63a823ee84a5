/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.Precision;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.data.MicroBatches;
import io.cairn.data.Window;
import io.cairn.plan.SeedMix;
import io.cairn.replica.OffHeapMemory;
import io.cairn.replica.Replica;
import io.cairn.replica.WindowSums;
import io.cairn.replica.WindowSums.Noise;
import io.cairn.replica.WindowSums.Squares;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.telemetry.NoiseSample;
import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.UpdateMetrics.Outcome;
import io.cairn.worker.UpdateResult.Applied;
import io.cairn.worker.UpdateResult.Rates;
import io.cairn.worker.UpdateSums.Passes;
import io.cairn.worker.UpdateSums.Share;
import io.cairn.worker.UpdateSums.Totals;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One update: each rank sums raw gradients over the micro-batches of its window, one all-reduce
 * adds these sums over the ranks, and the optimizer is applied once. The result is that of one
 * batch with all ranks' examples.
 *
 * <p>If a micro-batch does not fit in memory on some rank, all ranks learn of it in the all-reduce.
 * They apply nothing, halve the micro-batch and repeat the update with the same examples and the
 * same effective batch. The smaller micro-batch stays until the end of the attempt.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica, which may compute micro-batches on others
 * besides.
 *
 * <p>Failure: whatever the all-reduce, the data or the replica throws ends the attempt. The
 * parameters are then those before the update, or the attempt's copy is thrown away.
 */
final class TrainingStep {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingStep.class);

  /** Updates between two comparisons of all ranks' parameters. */
  static final int DIGEST_EVERY_UPDATES = 50;

  /** Updates between two that measure the gradient's noise, which costs some per cent of a pass. */
  static final int NOISE_EVERY_UPDATES = 10;

  private final Replica replica;
  private final MicroBatches batches;
  private final AllReduce allReduce;
  private final GradientBuckets buckets;
  private final UpdateSums sums;
  private final RoundedUpdates rounded;
  private final long seed;
  private final OptionalDouble clipGlobalNorm;
  private final OnNonFinite onNonFinite;
  private final Weights weights;
  private final ResidentMemory memory = new ResidentMemory();

  TrainingStep(Replica replica, MicroBatches batches, AllReduce allReduce, WorkerSpec spec) {
    this(replica, batches, allReduce, spec, GradientBuckets.LONGEST_BYTES);
  }

  /**
   * @param bucketBytes the longest part of the gradient sum that one all-reduce carries
   */
  TrainingStep(
      Replica replica,
      MicroBatches batches,
      AllReduce allReduce,
      WorkerSpec spec,
      int bucketBytes) {
    this.replica = replica;
    this.batches = batches;
    this.allReduce = allReduce;
    this.buckets = GradientBuckets.of(replica, weights(replica, spec), allReduce, bucketBytes);
    this.sums = buckets.sums();
    this.rounded = new RoundedUpdates(spec);
    this.seed = spec.train().seed();
    this.clipGlobalNorm =
        Double.isInfinite(spec.train().clipGlobalNorm())
            ? OptionalDouble.empty()
            : OptionalDouble.of(spec.train().clipGlobalNorm());
    this.onNonFinite = spec.train().onNonFinite();
    this.weights = weights(replica, spec);
  }

  /** A sum of weights travels where examples have some, and where the loss counts its terms. */
  private static Weights weights(Replica replica, WorkerSpec spec) {
    return replica.countsTerms() ? Weights.RECORDED : spec.data().layout().weights();
  }

  /**
   * @param update number of the update, from 1
   * @param window what this rank brings to it
   * @param votes what this rank would like to happen after it
   * @param clock that begins with it
   */
  UpdateResult run(long update, Window window, ControlVotes votes, UpdateClock clock)
      throws InterruptedException {
    List<String> replanned = new ArrayList<>();
    Precision precision = rounded.precision(update, window);
    ByteBuffer buffer = sumThatFits(update, window, precision, votes, clock, replanned);
    sums.requireSameParameters(buffer, update);
    ControlDecision decision = sums.decision(buffer);
    if (decision.stop().isPresent() && precision == Precision.BF16) {
      buckets.settle(update, clock);
    }
    Totals totals = sums.totals(buffer);
    double loss = totals.lossSum() / totals.weight() + replica.regularizationScore();
    double sumNorm = replica.gradientSumNorm();
    Applied applied =
        totals.weight() > 0 && Double.isFinite(loss) && Double.isFinite(sumNorm)
            ? apply(totals, loss, sumNorm)
            : leaveOut(update, totals, loss);
    return clock.result(totals, applied, decision, sums.loads(buffer), replanned);
  }

  /** One exact update from the sum of all ranks. */
  private Applied apply(Totals totals, double loss, double sumNorm) {
    Rates rates = new Rates(replica.learningRate(), replica.learningRates());
    double meanNorm =
        switch (weights) {
          case NONE -> replica.update(totals.examples(), sumNorm, clipGlobalNorm);
          case RECORDED ->
              replica.updateWeighted(totals.examples(), totals.weight(), sumNorm, clipGlobalNorm);
        };
    Optional<NoiseSample> noise =
        NoiseSample.of(
            totals.squares().sum(),
            totals.squares().squaredCounts(),
            sumNorm * sumNorm,
            totals.examples());
    return new Applied(loss, meanNorm, rates, noise, Outcome.APPLIED);
  }

  /** No update: nothing has weight, or something is not finite, which may end the run. */
  private Applied leaveOut(long update, Totals totals, double loss) {
    Rates rates = new Rates(replica.learningRate(), replica.learningRates());
    if (totals.weight() == 0) {
      LOG.warn("update {} is left out: its {} examples have no weight", update, totals.examples());
      replica.skipUpdate();
      return new Applied(Double.NaN, Double.NaN, rates, Optional.empty(), Outcome.SKIPPED);
    }
    switch (onNonFinite) {
      case FAIL ->
          throw new NonFiniteGradientException(
              update, replica.firstNonFinite().orElse("the loss, or by overflow of the sum"));
      case SKIP -> {
        replica.skipUpdate();
        allReduce.clearErrorFeedback();
      }
    }
    return new Applied(loss, Double.NaN, rates, Optional.empty(), Outcome.SKIPPED);
  }

  /**
   * The sum of all ranks, in micro-batches that fit in memory on every one: done again with smaller
   * ones as often as some rank had no memory for a pass.
   *
   * @param replanned where the reason goes, for each time
   */
  private ByteBuffer sumThatFits(
      long update,
      Window window,
      Precision precision,
      ControlVotes votes,
      UpdateClock clock,
      List<String> replanned)
      throws InterruptedException {
    ByteBuffer buffer = sum(update, window, precision, votes, clock);
    for (List<Integer> ranks = sums.outOfMemory(buffer);
        !ranks.isEmpty();
        ranks = sums.outOfMemory(buffer)) {
      replanned.add(
          "a micro-batch of "
              + batches.plan().micro()
              + " did not fit in memory on rank "
              + words(ranks));
      allReduce.clearErrorFeedback();
      buffer = sum(update, again(update, ranks), precision, votes, clock);
    }
    return buffer;
  }

  /** This rank's passes, and the sum over the ranks. */
  private ByteBuffer sum(
      long update, Window window, Precision precision, ControlVotes votes, UpdateClock clock)
      throws InterruptedException {
    replica.clear();
    Share share = share(update, window, votes, clock);
    sums.contribute(buckets.tail(), allReduce.rank(), share);
    clock.computed(0);
    return buckets.sum(update, precision, clock);
  }

  private Share share(long update, Window window, ControlVotes votes, UpdateClock clock)
      throws InterruptedException {
    return OffHeapMemory.fitting(
        () -> passes(update, window, votes, clock),
        reason -> {
          LOG.warn(
              "update {}: a micro-batch of {} does not fit in memory: {}",
              update,
              batches.plan().micro(),
              reason);
          replica.abandonWindow();
          return new Share(
              0, 0, 0, digest(update), Squares.NONE, RankLoad.NONE, Passes.OUT_OF_MEMORY, votes);
        });
  }

  private Share passes(long update, Window window, ControlVotes votes, UpdateClock clock)
      throws InterruptedException {
    WindowSums own =
        replica.accumulate(
            window.microBatches().size(), batches::next, this::noiseSeed, noise(update));
    clock.computed(own.fetchNanos());
    return new Share(
        own.lossSum(),
        own.weight(),
        window.examples(),
        digest(update),
        own.squares(),
        load(window, clock),
        Passes.DONE,
        votes);
  }

  private RankLoad load(Window window, UpdateClock clock) {
    return window.microBatches().isEmpty()
        ? clock.idle(memory.bytes())
        : clock.load(memory.bytes());
  }

  private static Noise noise(long update) {
    return update % NOISE_EVERY_UPDATES == 0 ? Noise.MEASURED : Noise.UNKNOWN;
  }

  /**
   * Dropout and other noise are a function of these numbers alone: a run that goes on needs no
   * generator's state, and an update that is done again draws the same noise.
   */
  private long noiseSeed(int microBatch) {
    return SeedMix.of(seed, allReduce.rank(), replica.iteration() + 1, microBatch);
  }

  /** Every rank comes here alike: the same window, in micro-batches half as large. */
  private Window again(long update, List<Integer> ranks) {
    replica.abandonWindow();
    Window smaller = batches.halve().orElseThrow(() -> new MemoryTooSmallException(update, ranks));
    LOG.warn("update {} is done again, and the run goes on, with {}", update, batches.plan());
    return smaller;
  }

  /** {@code 1, 4 and 5}. */
  static String words(List<Integer> ranks) {
    String last = ranks.get(ranks.size() - 1).toString();
    return ranks.size() == 1
        ? last
        : ranks.subList(0, ranks.size() - 1).stream()
                .map(String::valueOf)
                .collect(Collectors.joining(", "))
            + " and "
            + last;
  }

  private long digest(long update) {
    return update % DIGEST_EVERY_UPDATES == 0
        ? Integer.toUnsignedLong(replica.state().parameterDigest())
        : -1;
  }
}
