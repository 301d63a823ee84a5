/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.SelfCheckResult.Cause;
import io.cairn.replica.SelfCheckResult.Comparison;
import io.cairn.replica.SelfCheckResult.Limit;
import io.cairn.replica.SelfCheckResult.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Compares two ways of computing a gradient, and reports a difference only if it is certain.
 *
 * <p>A difference counts if it is a large enough share of its layer's gradient ({@link
 * #MOST_FLOAT32}, {@link #MOST_FLOAT64}; measured by {@link GradientGap}). These limits are far
 * above rounding and far below what a defect causes. Two cases need more care. An example may lie
 * so close to the kink of a ReLU that the two number formats fall on different sides. And a model
 * that has learnt its examples by heart has gradients as small as rounding errors. So a difference
 * must also appear with other examples, and must be more than a small share ({@link #ROUNDING}) of
 * the gradient that other labels would give. These checks are made however long they take.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the network's thread.
 */
final class GradientComparison {

  /** The largest difference that passes, as a share of the layer's gradient, in float32. */
  static final double MOST_FLOAT32 = 1e-2;

  /** Likewise in float64. */
  static final double MOST_FLOAT64 = 1e-6;

  /** What rounding may make of a gradient, as a share of one whose examples are not learnt. */
  private static final double ROUNDING = 1e-3;

  /** The part of the whole gradient that a layer's counts as at the least. */
  private static final double LEAST_SHARE = 1e-3;

  /** With fewer, batch normalization leaves nothing but rounding of some gradients. */
  private static final int FEW_FOR_STATISTICS = 4;

  /** A flat gradient of some examples, in an array of its own. */
  interface Way {
    /**
     * Computes it.
     *
     * @param own the network as the run computes it
     * @param seed of what layers draw
     */
    INDArray gradient(Network own, MultiDataSet batch, long seed);
  }

  private final QuietCopies quiet;
  private final MultiDataSet examples;
  private final MultiDataSet others;
  private final Way pass;
  private final SelfCheckClock clock;
  private final List<ParameterRange> ranges;
  private final DataType type;
  private final double most;
  private final boolean batchStatistics;
  private Network own;

  /**
   * @param own the network as the run computes it, without noise
   * @param quiet makes another such network
   * @param examples to be compared
   * @param others to confirm a difference
   * @param pass the gradient of a plain pass of the network that it is given
   * @param clock is stopped once there is a difference
   */
  GradientComparison(
      Network own,
      QuietCopies quiet,
      MultiDataSet examples,
      MultiDataSet others,
      Way pass,
      SelfCheckClock clock) {
    this.own = own;
    this.quiet = quiet;
    this.examples = examples;
    this.others = others;
    this.pass = pass;
    this.clock = clock;
    this.ranges = own.ranges();
    this.type = own.parameters().dataType();
    this.most = type == DataType.DOUBLE ? MOST_FLOAT64 : MOST_FLOAT32;
    this.batchStatistics = SelfCheck.hasBatchStatistics(own);
  }

  /**
   * Compares.
   *
   * @param count how many of the examples
   */
  Comparison judged(int count, Way found, Way expected) {
    MultiDataSet some = SomeExamples.part(examples, 0, count);
    GradientGap gap = gap(some, found, expected);
    if (gap.exceeding(most).isEmpty()) {
      return result(State.AGREES, count, gap, gap.parts());
    }
    clock.allowAll();
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
    INDArray is = found.gradient(own, batch, SelfCheck.SEED);
    INDArray should = expected.gradient(own, batch, SelfCheck.SEED);
    GradientGap gap = GradientGap.between(is, should, ranges, leastShare());
    is.close();
    should.close();
    return gap;
  }

  /** The part that differs nearest to the loss: a wrong layer spoils those before it. */
  private Comparison result(
      State state, int count, GradientGap gap, List<GradientGap.Part> differing) {
    GradientGap.Part last = differing.get(differing.size() - 1);
    return new Comparison(
        state,
        count,
        gap.largest(),
        last.place(),
        last.found(),
        last.expected(),
        Cause.UNKNOWN,
        Limit.NONE);
  }

  /** Those that differ by more than a gradient of usual size is rounded. */
  private List<GradientGap.Part> aboveRounding(
      List<GradientGap.Part> parts, MultiDataSet batch, Way expected) {
    INDArray usual = expected.gradient(own, SomeExamples.withoutLabels(batch), SelfCheck.SEED);
    GradientGap size = GradientGap.between(usual, usual, ranges, leastShare());
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
    GradientGap same = gap(batch, pass, pass);
    Way otherwise = (network, some, seed) -> pass.gradient(network, some, seed + 1);
    GradientGap other = gap(batch, pass, otherwise);
    return same.exceeding(most).isEmpty() && !other.exceeding(most).isEmpty();
  }

  /** Whether it goes with the helpers. */
  private Comparison blamed(
      Comparison result, MultiDataSet batch, GradientGap gap, Way found, Way expected) {
    Network with = own;
    Network without = quiet.in(type);
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
          mended ? Cause.HELPERS : Cause.UNKNOWN,
          Limit.NONE);
    } finally {
      own = with;
      without.release();
    }
  }
}
