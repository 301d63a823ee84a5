/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.SelfCheckResult.Comparison;
import io.cairn.replica.SelfCheckResult.Limit;
import io.cairn.replica.SelfCheckResult.State;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks with a few real examples what a run relies on: that this machine computes the right
 * gradient, and that gradients add up.
 *
 * <p>The gradient is right if the network's own passes (its number format, its fast helpers, its
 * device) agree with a float64 copy without helpers. Gradients add up if the raw gradients of two
 * parts have the gradient of the whole as their sum. They do not if a loss is a mean over the
 * micro-batch, or if an operation is wrong for a single example, which one of the parts therefore
 * is. Noise such as dropout is left out of both comparisons. With batch normalization, two parts
 * naturally differ from the whole. There the whole is the same examples twice and each part is
 * those examples once, so that the statistics are equal and everything else must still add up.
 *
 * <p>{@link GradientComparison} decides what counts as a difference. {@link SelfCheckBudget}
 * decides, after a first pass of one example, what there is time for. The time counts from the
 * beginning of the check.
 *
 * <p>A pass has no effect on the network: {@link ReplicaTrials#selfCheck} promises it, and a test
 * checks it.
 *
 * <p>Used once.
 *
 * <p>Threading: the network's thread.
 *
 * <p>Failure: a lack of memory or time is a result in words. Anything else is DL4J's own error.
 */
public final class SelfCheck {

  /** Examples that are compared, where time and memory allow it; the same number again confirms. */
  public static final int EXAMPLES = 8;

  /** Of what layers draw. */
  static final long SEED = 20_231;

  /** What a value of a copy's arrays takes to be made, as memory is slow. */
  private static final int COPY_NANOS_A_PARAMETER = 20;

  private static final Logger LOG = LoggerFactory.getLogger(SelfCheck.class);

  /**
   * How long a check may take: so long in any case, and more in a run that is long.
   *
   * @param leastNanos allowed whatever the run's length
   * @param mostNanos never exceeded, whatever the run's length
   * @param share of the run's length
   * @param passes that the run has to make on this rank, at the least; each takes as long as one of
   *     one example, or longer
   */
  public record Allowance(long leastNanos, long mostNanos, double share, double passes) {

    /** For a check that stands for itself. */
    public static Allowance of(long nanos) {
      return new Allowance(nanos, nanos, 0, 0);
    }

    /**
     * How long in all.
     *
     * @param passNanos what a pass of one example takes
     */
    double nanos(double passNanos) {
      return Math.min(mostNanos, Math.max(leastNanos, share * passes * passNanos));
    }
  }

  /**
   * What time it is for a check on this thread, in nanoseconds from now: its processor time, so
   * that whatever else a machine is busy with makes a check no dearer, and it compares as much as
   * on a quiet one; but a quarter of the time that passes at the least, for a device that computes
   * while the thread sleeps, and for peers who wait.
   */
  public static LongSupplier clock() {
    return clock(ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime, System::nanoTime);
  }

  static LongSupplier clock(LongSupplier processorNanos, LongSupplier nanoTime) {
    long processorStart = processorNanos.getAsLong();
    long start = nanoTime.getAsLong();
    return () ->
        Math.max(processorNanos.getAsLong() - processorStart, (nanoTime.getAsLong() - start) / 4);
  }

  private final Network network;
  private final MultiDataSet examples;
  private final MultiDataSet others;
  private final Allowance allowance;
  private final SelfCheckClock clock;
  private final LongSupplier nanoTime;
  private final QuietCopies quiet;
  private final boolean batchStatistics;
  private Network own;
  private GradientComparison comparison;
  private SelfCheckBudget budget;

  /** The float64 copy, while there is one, and what an example takes in it. */
  private Network reference;

  private double float64ExampleNanos;

  /**
   * @param network leaves with the gradient of some pass in it, otherwise as it was
   * @param examples real ones, at least 1; twice {@link #EXAMPLES} are put to use
   */
  SelfCheck(Network network, MultiDataSet examples, Allowance allowance, LongSupplier nanoTime) {
    this.clock = new SelfCheckClock(nanoTime);
    this.nanoTime = nanoTime;
    this.network = network;
    int count = SomeExamples.count(examples);
    int first = Math.min(EXAMPLES, (count + 1) / 2);
    this.examples = SomeExamples.part(examples, 0, first);
    this.others =
        count == 1 ? this.examples : SomeExamples.part(examples, first, Math.min(count, 2 * first));
    this.allowance = allowance;
    this.quiet = network.quietCopies();
    this.batchStatistics = hasBatchStatistics(network);
  }

  static boolean hasBatchStatistics(Network network) {
    return network.ranges().stream()
        .anyMatch(range -> range.kind() == ParameterRange.RangeKind.BATCH_STATISTIC);
  }

  SelfCheckResult run() {
    try {
      own = quiet.isNoisy() ? quiet.same() : network;
      comparison = new GradientComparison(own, quiet, examples, others, this::gradient, clock);
      return compare();
    } catch (RuntimeException | OutOfMemoryError e) {
      throwUnlessExhausted(e);
      return SelfCheckResult.none(State.NO_MEMORY);
    } finally {
      if (own != null && own != network) {
        own.release();
      }
    }
  }

  /**
   * The first pass, of one example, loads code and tells what fits; the second, which takes no
   * longer, tells it more exactly.
   */
  private SelfCheckResult compare() {
    double firstNanos = timed(own);
    double allowed = allowance.nanos(firstNanos);
    budget = budget(allowed, firstNanos, firstNanos);
    if (!budget.fits(0)) {
      return SelfCheckResult.none(State.NO_TIME);
    }
    double exampleNanos = timed(own);
    budget = budget(allowance.nanos(exampleNanos), firstNanos, exampleNanos);
    int count = SomeExamples.count(examples);
    clock.allow(budget.allowedNanos());
    Comparison sums = shrinking(budget.sums(count), this::sums);
    Comparison float64 = float64(count);
    return new SelfCheckResult(float64, sums);
  }

  private SelfCheckBudget budget(double allowed, double firstNanos, double exampleNanos) {
    double copyNanos = (double) COPY_NANOS_A_PARAMETER * network.parameters().length();
    return new SelfCheckBudget(
        allowed, clock.spentNanos(), firstNanos, exampleNanos, copyNanos, batchStatistics);
  }

  /** A pass of one example. */
  private double timed(Network of) {
    long start = nanoTime.getAsLong();
    pass(of, SomeExamples.part(examples, 0, 1), SEED);
    return nanoTime.getAsLong() - start;
  }

  /** A comparison that fewer examples may serve where more do not fit. */
  private interface Compared {
    Comparison of(int count);
  }

  /**
   * Compares as many as fit.
   *
   * @param most as far as time can be told; 0 for none
   */
  private Comparison shrinking(int most, Compared compared) {
    Limit limit = most < SomeExamples.count(examples) ? Limit.TIME : Limit.NONE;
    for (int some = most; some >= 1; some /= 2) {
      try {
        return compared.of(some).limitedBy(limit);
      } catch (SelfCheckClock.OutOfTimeException e) {
        limit = Limit.TIME;
      } catch (RuntimeException | OutOfMemoryError e) {
        throwUnlessExhausted(e);
        limit = Limit.MEMORY;
        abandonPasses();
      }
    }
    return Comparison.none(limit == Limit.MEMORY ? State.NO_MEMORY : State.NO_TIME);
  }

  private void forgetPasses() {
    own.forgetPasses();
    if (reference != null) {
      reference.forgetPasses();
    }
    OffHeapMemory.freeWorkspaces();
  }

  private void abandonPasses() {
    forgetPasses();
    OffHeapMemory.collectGarbage();
  }

  private static void throwUnlessExhausted(Throwable e) {
    if (!OffHeapMemory.isExhausted(e)) {
      if (e instanceof RuntimeException runtime) {
        throw runtime;
      }
      throw (Error) e;
    }
  }

  private Comparison float64(int count) {
    clock.allow(budget.allowedNanos());
    if (!budget.at(clock.spentNanos()).triesFloat64()) {
      return Comparison.none(State.NO_TIME);
    }
    try {
      reference = quiet.in(DataType.DOUBLE);
      reference.removeHelpers();
      Optional<RuntimeException> failed = failureOfFloat64();
      if (failed.isPresent()) {
        LOG.info("a layer cannot compute in float64: {}", failed.get().toString());
        return Comparison.none(State.NO_FLOAT64);
      }
      int most = budget.at(clock.spentNanos()).float64(count, float64ExampleNanos);
      return shrinking(most, this::float64Compared);
    } catch (RuntimeException | OutOfMemoryError e) {
      throwUnlessExhausted(e);
      abandonPasses();
      return Comparison.none(State.NO_MEMORY);
    } finally {
      if (reference != null) {
        reference.release();
      }
    }
  }

  /**
   * Why the model has no float64 reference, if it has none: layers and losses of a user's own, and
   * some of Deeplearning4j's, make arrays of the default type in between.
   */
  private Optional<RuntimeException> failureOfFloat64() {
    try {
      MultiDataSet one = SomeExamples.in(DataType.DOUBLE, SomeExamples.part(examples, 0, 1));
      long start = nanoTime.getAsLong();
      pass(reference, one, SEED);
      float64ExampleNanos = nanoTime.getAsLong() - start;
      return Optional.empty();
    } catch (RuntimeException e) {
      if (OffHeapMemory.isExhausted(e)) {
        throw e;
      }
      forgetPasses();
      return Optional.of(e);
    }
  }

  private Comparison float64Compared(int count) {
    return comparison.judged(
        count,
        this::gradient,
        (network, batch, seed) ->
            gradient(reference, SomeExamples.in(DataType.DOUBLE, batch), seed));
  }

  private Comparison sums(int count) {
    return comparison.judged(
        count,
        this::parts,
        (network, batch, seed) ->
            gradient(network, isDoubled(batch) ? SomeExamples.twice(batch) : batch, seed));
  }

  private boolean isDoubled(MultiDataSet batch) {
    return batchStatistics || SomeExamples.count(batch) == 1;
  }

  private INDArray parts(Network of, MultiDataSet batch, long seed) {
    if (isDoubled(batch)) {
      INDArray once = gradient(of, batch, seed);
      return once.addi(gradient(of, batch, seed));
    }
    INDArray single = gradient(of, SomeExamples.part(batch, 0, 1), seed);
    MultiDataSet rest = SomeExamples.part(batch, 1, SomeExamples.count(batch));
    return single.addi(gradient(of, rest, seed));
  }

  private INDArray gradient(Network of, MultiDataSet batch, long seed) {
    double nanos = of == reference ? float64ExampleNanos : budget.exampleNanos();
    clock.require(SomeExamples.count(batch) * nanos);
    pass(of, batch, seed);
    return of.gradient().dup();
  }

  private static void pass(Network of, MultiDataSet batch, long seed) {
    Nd4j.getRandom().setSeed(seed);
    of.backpropagate(batch);
  }
}
