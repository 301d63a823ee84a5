/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.data.Shard;
import io.cairn.data.ValidationBatches;
import io.cairn.replica.ModelException;
import io.cairn.replica.OffHeapMemory;
import io.cairn.replica.Replica;
import io.cairn.replica.SelfCheck;
import io.cairn.replica.SelfCheckReport;
import io.cairn.replica.SelfCheckResult;
import io.cairn.replica.SelfCheckResult.Cause;
import io.cairn.replica.SelfCheckResult.Comparison;
import io.cairn.replica.SelfCheckResult.Limit;
import io.cairn.replica.SelfCheckResult.State;
import io.cairn.settings.BatchSettings.MicroSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets every rank check its gradients before the first update of an attempt. All ranks do this at
 * the same time, each on its own hardware with the first examples of its own shard. Then the ranks
 * exchange what they found, so that all go on, or all end with the same cause.
 *
 * <p>The check has no effect on training: see {@link io.cairn.replica.ReplicaTrials#selfCheck}. A
 * rank without examples takes part and reports nothing. A check may take {@link #LEAST}, or {@link
 * #SHARE} of the run if that is more, but never more than a quarter of the time after which a
 * waiting rank gives up.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 *
 * <p>Failure: {@link ModelException} on every rank if a gradient is wrong on some rank.
 */
final class SelfChecking {

  private static final Logger LOG = LoggerFactory.getLogger(SelfChecking.class);

  /** Allowed in a run of any length. */
  static final Duration LEAST = Duration.ofSeconds(2);

  /** Allowed of a long run, as its own passes let expect its length. */
  static final double SHARE = 0.01;

  private static final int NUMBERS_A_COMPARISON = 8;

  private final Replica replica;
  private final Shard shard;
  private final AllGather told;
  private final WorkerSpec spec;
  private final LongSupplier nanoTime;

  SelfChecking(Replica replica, Shard shard, AllReduce allReduce, WorkerSpec spec) {
    this(replica, shard, allReduce, spec, SelfCheck.clock());
  }

  /**
   * @param nanoTime what time it is
   */
  SelfChecking(
      Replica replica, Shard shard, AllReduce allReduce, WorkerSpec spec, LongSupplier nanoTime) {
    this.replica = replica;
    this.shard = shard;
    this.told = new AllGather(allReduce);
    this.spec = spec;
    this.nanoTime = nanoTime;
  }

  /**
   * Every rank must call it before the same update.
   *
   * @param update the first update
   * @return what was found, the same on every rank, for a person
   */
  String run(long update) throws InterruptedException {
    long start = nanoTime.getAsLong();
    SelfCheckResult own = own(update);
    long tookNanos = nanoTime.getAsLong() - start;
    SelfCheckReport report = gathered(told.of(update - 1, numbers(own, tookNanos)));
    report
        .refusal()
        .ifPresent(
            why -> {
              throw new ModelException(why);
            });
    LOG.info("{}", report.summary());
    return report.summary();
  }

  private SelfCheckResult own(long update) throws InterruptedException {
    if (shard.size() == 0) {
      return SelfCheckResult.none(State.NO_EXAMPLES);
    }
    return OffHeapMemory.fitting(
        () -> checked(update),
        reason -> {
          replica.abandonWindow();
          return SelfCheckResult.none(State.NO_MEMORY);
        });
  }

  private SelfCheckResult checked(long update) throws InterruptedException {
    try (ValidationBatches few = ValidationBatches.start(shard, 2 * SelfCheck.EXAMPLES)) {
      return replica.trials().selfCheck(few.next().orElseThrow(), allowance(update), nanoTime);
    }
  }

  /** How long the passes of the run take, at the least, is known where their number is. */
  private SelfCheck.Allowance allowance(long update) {
    double updates = spec.train().updates() - update + 1;
    // Where micro-batches are yet to be found, an update may be one pass.
    int passes = spec.asked().microSize() == MicroSize.PROBED ? 1 : spec.plan().fewestSteps();
    return new SelfCheck.Allowance(
        LEAST.toNanos(), spec.collective().timeout().toNanos() / 4, SHARE, updates * passes);
  }

  private static long[] numbers(SelfCheckResult own, long tookNanos) {
    long[] numbers = new long[2 * NUMBERS_A_COMPARISON + 1];
    put(numbers, 0, own.float64());
    put(numbers, NUMBERS_A_COMPARISON, own.sums());
    numbers[2 * NUMBERS_A_COMPARISON] = tookNanos;
    return numbers;
  }

  private static void put(long[] numbers, int at, Comparison found) {
    numbers[at] = found.state().ordinal();
    numbers[at + 1] = found.examples();
    numbers[at + 2] = Double.doubleToLongBits(found.gap());
    numbers[at + 3] = found.place();
    numbers[at + 4] = Double.doubleToLongBits(found.found());
    numbers[at + 5] = Double.doubleToLongBits(found.expected());
    numbers[at + 6] = found.cause().ordinal();
    numbers[at + 7] = found.limit().ordinal();
  }

  private SelfCheckReport gathered(List<long[]> byRank) {
    List<SelfCheckResult> results = new ArrayList<>();
    long slowest = 0;
    for (long[] numbers : byRank) {
      results.add(
          new SelfCheckResult(comparison(numbers, 0), comparison(numbers, NUMBERS_A_COMPARISON)));
      slowest = Math.max(slowest, numbers[2 * NUMBERS_A_COMPARISON]);
    }
    return new SelfCheckReport(results, replica.trials().parameterPlaces(), slowest / 1e9);
  }

  private static Comparison comparison(long[] numbers, int at) {
    return new Comparison(
        State.values()[Math.toIntExact(numbers[at])],
        Math.toIntExact(numbers[at + 1]),
        Double.longBitsToDouble(numbers[at + 2]),
        Math.toIntExact(numbers[at + 3]),
        Double.longBitsToDouble(numbers[at + 4]),
        Double.longBitsToDouble(numbers[at + 5]),
        Cause.values()[Math.toIntExact(numbers[at + 6])],
        Limit.values()[Math.toIntExact(numbers[at + 7])]);
  }
}
