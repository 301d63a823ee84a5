/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.SelfCheckResult.Cause;
import io.cairn.replica.SelfCheckResult.Comparison;
import io.cairn.replica.SelfCheckResult.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries on a few real examples what a run relies on: that the gradient, as this machine computes
 * it, is right, and that it adds up.
 *
 * <p>Right: the network's own passes (its number format, its fast helpers, its device) give the
 * gradient of a float64 copy without helpers. Adding up: the raw gradients of two halves give, in
 * sum, that of the whole; a loss that is a mean over the micro-batch does not. Noise such as
 * dropout is left out of both. With batch normalization two halves differ from the whole by its
 * nature; there, the whole is the same examples twice and each half those examples once, so that
 * the statistics are the same, and everything else has still to add up.
 *
 * <p>A difference counts from a share of its layer's gradient on ({@link #MOST_FLOAT32}, {@link
 * #MOST_FLOAT64}; measured by {@link GradientGap}), far above rounding and far below what a defect
 * makes. Still, one example may lie so close to the kink of a ReLU that both formats fall on
 * different sides, and a model that has learnt its examples by heart has gradients as small as
 * rounding. So a difference has to be there on other examples too, and to be more than a small part
 * ({@link #ROUNDING}) of the gradient that other labels would give.
 *
 * <p>A pass leaves no trace: {@link Replica#selfCheck} says so, and a test holds it.
 *
 * <p>Used once. Threading: the network's thread. Failure: memory or time that does not suffice is a
 * result in words; anything else is DL4J's own error.
 */
public final class SelfCheck {

  /** Examples that are compared, where time and memory allow it; the same number again confirms. */
  public static final int EXAMPLES = 8;

  /** The largest difference that passes, as a share of the layer's gradient, in float32. */
  static final double MOST_FLOAT32 = 1e-2;

  /** Likewise in float64. */
  static final double MOST_FLOAT64 = 1e-6;

  /** What rounding may make of a gradient, as a share of one whose examples are not learnt. */
  private static final double ROUNDING = 1e-3;

  /** What the comparison of sums takes, in passes over all examples: twice the whole, halves. */
  private static final int SUM_PASSES = 3;

  /** What the one with float64 may take: its passes are slower, without helpers much. */
  private static final int REFERENCE_PASSES = 8;

  /** What a value of a copy's arrays takes to be made, as memory is slow. */
  private static final int COPY_NANOS_A_PARAMETER = 20;

  /** The part of the whole gradient that a layer's counts as at the least. */
  private static final double LEAST_SHARE = 1e-3;

  /** With fewer, batch normalization leaves nothing but rounding of some gradients. */
  private static final int FEW_FOR_STATISTICS = 4;

  private static final long SEED = 20_231;

  private static final Logger LOG = LoggerFactory.getLogger(SelfCheck.class);

  /**
   * How long a check may take: so long in any case, and more in a run that is long.
   *
   * @param leastNanos allowed whatever the run's length
   * @param mostNanos never exceeded, whatever the run's length
   * @param share of the run's length
   * @param passes that the run has to make on this rank, counted in passes of two examples; a pass
   *     of more takes at least as long
   */
  public record Allowance(long leastNanos, long mostNanos, double share, double passes) {

    /** For a check that stands for itself. */
    public static Allowance of(long nanos) {
      return new Allowance(nanos, nanos, 0, 0);
    }

    private double nanos(double passNanos) {
      return Math.min(mostNanos, Math.max(leastNanos, share * passes * passNanos));
    }
  }

  private final Network network;
  private final MultiDataSet examples;
  private final MultiDataSet others;
  private final Allowance allowance;
  private final LongSupplier nanoTime;
  private final QuietCopies quiet;
  private final double most;
  private final boolean batchStatistics;
  private Network own;

  /**
   * @param network leaves with the gradient of some pass in it, otherwise as it was
   * @param examples real ones, at least 1; twice {@link #EXAMPLES} are put to use
   */
  SelfCheck(Network network, MultiDataSet examples, Allowance allowance, LongSupplier nanoTime) {
    this.network = network;
    int count = SomeExamples.count(examples);
    int first = Math.min(EXAMPLES, (count + 1) / 2);
    this.examples = SomeExamples.part(examples, 0, first);
    this.others =
        count == 1 ? this.examples : SomeExamples.part(examples, first, Math.min(count, 2 * first));
    this.allowance = allowance;
    this.nanoTime = nanoTime;
    this.quiet = network.quietCopies();
    this.most = network.parameters().dataType() == DataType.DOUBLE ? MOST_FLOAT64 : MOST_FLOAT32;
    this.batchStatistics =
        network.ranges().stream()
            .anyMatch(range -> range.kind() == ParameterRange.Kind.BATCH_STATISTIC);
  }

  SelfCheckResult run() {
    try {
      own = quiet.isNoisy() ? quiet.in(network.parameters().dataType()) : network;
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
   * The first pass loads code and finds out how much memory passes need: the run needs that anyway,
   * so time is counted after it.
   */
  private SelfCheckResult compare() {
    int count = SomeExamples.count(examples);
    int few = Math.min(2, count);
    MultiDataSet batch = SomeExamples.part(examples, 0, few);
    pass(own, batch, SEED);
    long start = nanoTime.getAsLong();
    pass(own, batch, SEED);
    double exampleNanos = (double) (nanoTime.getAsLong() - start) / few;
    Clock clock = new Clock(start, allowance.nanos(2 * exampleNanos));
    double copyNanos = (double) COPY_NANOS_A_PARAMETER * network.parameters().length();
    int both = count;
    while (both > 1
        && !clock.allows(both * exampleNanos * (SUM_PASSES + REFERENCE_PASSES) + copyNanos)) {
      both /= 2;
    }
    Comparison sums =
        clock.allows(both * exampleNanos * SUM_PASSES)
            ? shrinking(both, this::sums)
            : Comparison.none(State.NO_TIME);
    Comparison float64 =
        clock.allows(both * exampleNanos * REFERENCE_PASSES + copyNanos)
            ? shrinking(both, this::float64)
            : Comparison.none(State.NO_TIME);
    return new SelfCheckResult(float64, sums);
  }

  /** What is left of the time. */
  private final class Clock {
    private final long startNanos;
    private final double allowedNanos;

    Clock(long startNanos, double allowedNanos) {
      this.startNanos = startNanos;
      this.allowedNanos = allowedNanos;
    }

    boolean allows(double moreNanos) {
      return nanoTime.getAsLong() - startNanos + moreNanos <= allowedNanos;
    }
  }

  /** A comparison that fewer examples may serve where more do not fit in memory. */
  private interface Compared {
    Comparison of(int count);
  }

  private Comparison shrinking(int count, Compared compared) {
    for (int some = count; some >= 1; some /= 2) {
      try {
        return compared.of(some);
      } catch (RuntimeException | OutOfMemoryError e) {
        throwUnlessExhausted(e);
        own.forgetPasses();
        OffHeapMemory.freeWorkspaces();
      }
    }
    return Comparison.none(State.NO_MEMORY);
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
    Network reference = quiet.in(DataType.DOUBLE);
    try {
      reference.removeHelpers();
      Optional<RuntimeException> failed = failureOf(reference);
      if (failed.isPresent()) {
        LOG.info("a layer cannot compute in float64: {}", failed.get().toString());
        return Comparison.none(State.NO_FLOAT64);
      }
      return judged(
          count,
          batch -> gradient(own, batch, SEED),
          batch -> gradient(reference, SomeExamples.in(DataType.DOUBLE, batch), SEED));
    } finally {
      reference.release();
    }
  }

  /**
   * Why the model has no float64 reference, if it has none: layers and losses of a user's own, and
   * some of Deeplearning4j's, make arrays of the default type in between.
   */
  private Optional<RuntimeException> failureOf(Network reference) {
    try {
      pass(reference, SomeExamples.in(DataType.DOUBLE, SomeExamples.part(examples, 0, 1)), SEED);
      return Optional.empty();
    } catch (RuntimeException e) {
      if (OffHeapMemory.isExhausted(e)) {
        throw e;
      }
      reference.forgetPasses();
      OffHeapMemory.freeWorkspaces();
      return Optional.of(e);
    }
  }

  private Comparison sums(int count) {
    return judged(count, this::halves, batch -> gradient(own, whole(batch), SEED));
  }

  private MultiDataSet whole(MultiDataSet batch) {
    return isDoubled(batch) ? SomeExamples.twice(batch) : batch;
  }

  private boolean isDoubled(MultiDataSet batch) {
    return batchStatistics || SomeExamples.count(batch) == 1;
  }

  private INDArray halves(MultiDataSet batch) {
    int count = SomeExamples.count(batch);
    if (isDoubled(batch)) {
      INDArray once = gradient(own, batch, SEED);
      return once.addi(gradient(own, batch, SEED));
    }
    INDArray first = gradient(own, SomeExamples.part(batch, 0, count / 2), SEED);
    return first.addi(gradient(own, SomeExamples.part(batch, count / 2, count), SEED));
  }

  /** A flat gradient of some examples, in an array of its own. */
  private interface Way {
    INDArray gradient(MultiDataSet batch);
  }

  /** Compares two ways to a gradient, and is slow to find fault. */
  private Comparison judged(int count, Way found, Way expected) {
    MultiDataSet some = SomeExamples.part(examples, 0, count);
    GradientGap gap = gap(some, found, expected);
    if (gap.exceeding(most).isEmpty()) {
      return result(State.AGREES, count, gap, gap.parts());
    }
    int others = Math.min(count, SomeExamples.count(this.others));
    MultiDataSet more = SomeExamples.part(this.others, 0, others);
    GradientGap again = gap(more, found, expected);
    Set<Integer> both =
        gap.exceeding(most).stream().map(GradientGap.Part::place).collect(Collectors.toSet());
    List<GradientGap.Part> confirmed =
        again.exceeding(most).stream().filter(part -> both.contains(part.place())).toList();
    if (confirmed.isEmpty()) {
      return result(State.AGREES, others, again, again.parts());
    }
    if (!again.isExpectedFinite() || !gap.isExpectedFinite()) {
      return result(State.NOT_FINITE, others, again, confirmed);
    }
    List<GradientGap.Part> large = aboveRounding(confirmed, more, expected);
    boolean few = batchStatistics && others < FEW_FOR_STATISTICS;
    if (large.isEmpty() || (few && again.isFoundFinite() && again.largest() < 1)) {
      return result(State.TOO_SMALL, others, again, confirmed);
    }
    if (drawsNoise(more)) {
      return result(State.NOISE, others, again, large);
    }
    return blamed(result(State.DIFFERS, others, again, large), more, again, found, expected);
  }

  /**
   * Batch normalization takes out of a gradient what all examples have in common, which may be all
   * of it; what rounding leaves of that is a part of the whole gradient.
   */
  private double leastShare() {
    return batchStatistics ? 1 : LEAST_SHARE;
  }

  private GradientGap gap(MultiDataSet batch, Way found, Way expected) {
    INDArray is = found.gradient(batch);
    INDArray should = expected.gradient(batch);
    GradientGap gap = GradientGap.between(is, should, network.ranges(), leastShare());
    is.close();
    should.close();
    return gap;
  }

  /** The part that differs nearest to the loss: a wrong layer spoils those before it. */
  private Comparison result(
      State state, int count, GradientGap gap, List<GradientGap.Part> differing) {
    GradientGap.Part last = differing.get(differing.size() - 1);
    return new Comparison(
        state, count, gap.largest(), last.place(), last.found(), last.expected(), Cause.UNKNOWN);
  }

  /** Those that differ by more than a gradient of usual size is rounded. */
  private List<GradientGap.Part> aboveRounding(
      List<GradientGap.Part> parts, MultiDataSet batch, Way expected) {
    INDArray usual = expected.gradient(SomeExamples.withoutLabels(batch));
    GradientGap size = GradientGap.between(usual, usual, network.ranges(), leastShare());
    usual.close();
    List<GradientGap.Part> large = new ArrayList<>();
    for (GradientGap.Part part : parts) {
      double scale =
          size.parts().stream()
              .filter(other -> other.place() == part.place())
              .mapToDouble(GradientGap.Part::scale)
              .findFirst()
              .orElse(0);
      // What is not a number in either is no reason to let it pass.
      if (!(part.difference() <= ROUNDING * (most / MOST_FLOAT32) * scale)) {
        large.add(part);
      }
    }
    return large;
  }

  /**
   * Whether a layer draws numbers that no configuration shows: the same with the same seed, others
   * with another. Garbage is not the same with the same seed.
   */
  private boolean drawsNoise(MultiDataSet batch) {
    GradientGap same = gap(batch, it -> gradient(own, it, SEED), it -> gradient(own, it, SEED));
    GradientGap other =
        gap(batch, it -> gradient(own, it, SEED), it -> gradient(own, it, SEED + 1));
    return same.exceeding(most).isEmpty() && !other.exceeding(most).isEmpty();
  }

  /** Whether it goes with the helpers. */
  private Comparison blamed(
      Comparison result, MultiDataSet batch, GradientGap gap, Way found, Way expected) {
    Network with = own;
    Network without = quiet.in(network.parameters().dataType());
    try {
      without.removeHelpers();
      own = without;
      GradientGap plain = gap(batch, found, expected);
      boolean mended = plain.exceeding(most).isEmpty();
      boolean overflows = !gap.isFoundFinite() && !plain.isFoundFinite();
      return new Comparison(
          overflows ? State.NOT_FINITE : result.state(),
          result.examples(),
          result.gap(),
          result.place(),
          result.found(),
          result.expected(),
          mended ? Cause.HELPERS : Cause.UNKNOWN);
    } finally {
      own = with;
      without.release();
    }
  }

  private INDArray gradient(Network of, MultiDataSet batch, long seed) {
    pass(of, batch, seed);
    return of.gradient().dup();
  }

  private static void pass(Network of, MultiDataSet batch, long seed) {
    Nd4j.getRandom().setSeed(seed);
    of.backpropagate(batch);
  }
}
