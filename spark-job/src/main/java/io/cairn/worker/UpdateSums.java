/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.ElementType;
import io.cairn.collective.Precision;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.replica.WindowSums.Squares;
import io.cairn.telemetry.RankLoad;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The content of an update's all-reduce: {@code [gradient sum | loss sum, squares of micro-batches'
 * sums, and the sum of weights where examples have some, float64 | examples, saves, squared counts,
 * and of each rank parameter digest, stop, failed passes, times and memory, int64]}. Counts are
 * integers, because float32 counts exactly only to 2^24. Where the gradient sum travels in several
 * buckets, it is the content of the one that has its last part ({@link GradientBuckets}).
 *
 * <p>Values that each rank reports for itself, such as a digest, have a place for each rank, which
 * only that rank fills. The sum then contains the values of all ranks, and a mismatch can name the
 * ranks.
 *
 * <p>Threading: one thread.
 */
final class UpdateSums {

  private static final int DOUBLES = 1;
  private static final int COUNTS = 2;

  /** Where in the counts what is. */
  private static final int EXAMPLES = 0;

  private static final int SAVES = 1;
  private static final int SQUARED_COUNTS = 2;
  private static final int FOR_ALL = 3;

  /** Where among the whole numbers of each rank those of its {@link RankLoad} are. */
  private static final int LOAD = 3;

  /** Where in the doubles what is. */
  private static final int LOSS_SUM = 0;

  private static final int SQUARES = 1;
  private static final int WEIGHT = 2;

  private final BufferLayout layout;
  private final ElementType gradientType;
  private final long parameters;
  private final int worldSize;
  private final Weights weights;

  /**
   * @param parameters number of parameters whose gradient is before the tail
   * @param bytesPerValue 4 or 8
   */
  UpdateSums(long parameters, int bytesPerValue, int worldSize, Weights weights) {
    this.weights = weights;
    this.gradientType = bytesPerValue == Float.BYTES ? ElementType.FLOAT32 : ElementType.FLOAT64;
    this.parameters = parameters;
    this.worldSize = worldSize;
    this.layout = layout(Precision.EXACT);
  }

  /** Bytes behind the gradient sum. */
  static int tailBytes(int worldSize, Weights weights) {
    return doubleValues(weights) * Double.BYTES + countValues(worldSize) * Long.BYTES;
  }

  private static int doubleValues(Weights weights) {
    return switch (weights) {
      case NONE -> 2;
      case RECORDED -> 3;
    };
  }

  private static int countValues(int worldSize) {
    return FOR_ALL + (LOAD + RankLoad.NUMBERS) * worldSize;
  }

  /** What is where, when the gradient sum travels so; a float64 one always does as it is. */
  BufferLayout layout(Precision precision) {
    return BufferLayout.of(
        gradient(parameters, precision),
        new Section(ElementType.FLOAT64, doubleValues(weights)),
        new Section(ElementType.INT64, countValues(worldSize)));
  }

  /** A part of the gradient sum that travels so. */
  Section gradient(long someParameters, Precision precision) {
    return new Section(
        gradientType,
        someParameters,
        gradientType == ElementType.FLOAT32 ? precision : Precision.EXACT);
  }

  /** What became of a rank's passes over its window. */
  enum Passes {
    /** All are in its sums. */
    DONE,
    /** One did not fit in memory: the sums are empty, and the update has to be done again. */
    OUT_OF_MEMORY
  }

  /**
   * What one rank brings besides its gradient sum.
   *
   * @param lossSum its loss, summed over its examples
   * @param weight the sum of their weights; their number where they have none
   * @param examples how many
   * @param digest of its parameters; -1 in updates that carry none
   * @param squares those of its micro-batches' gradient sums; none in updates that measure no noise
   * @param load what its passes took
   * @param passes whether that is all it should bring
   * @param votes what it would like to happen after the update
   */
  record Share(
      double lossSum,
      double weight,
      long examples,
      long digest,
      Squares squares,
      RankLoad load,
      Passes passes,
      ControlVotes votes) {}

  /** Fills in one rank's share. */
  void contribute(ByteBuffer buffer, int rank, Share share) {
    buffer.putDouble(doubleOffset(LOSS_SUM), share.lossSum());
    buffer.putDouble(doubleOffset(SQUARES), share.squares().sum());
    if (weights == Weights.RECORDED) {
      buffer.putDouble(doubleOffset(WEIGHT), share.weight());
    }
    buffer.putLong(countOffset(SQUARED_COUNTS), share.squares().squaredCounts());
    buffer.putLong(countOffset(EXAMPLES), share.examples());
    buffer.putLong(countOffset(SAVES), share.votes().save() == ControlVotes.Save.DUE ? 1 : 0);
    for (int other = 0; other < worldSize; other++) {
      buffer.putLong(digestOffset(other), 0);
      buffer.putLong(stopOffset(other), 0);
      buffer.putLong(passesOffset(other), 0);
      put(buffer, other, RankLoad.NONE);
    }
    // Shifted by one, so that 0 is "none".
    buffer.putLong(digestOffset(rank), share.digest() + 1);
    buffer.putLong(stopOffset(rank), share.votes().stop().code());
    buffer.putLong(passesOffset(rank), share.passes() == Passes.OUT_OF_MEMORY ? 1 : 0);
    put(buffer, rank, share.load());
  }

  private void put(ByteBuffer buffer, int rank, RankLoad load) {
    long[] numbers = load.numbers();
    for (int i = 0; i < numbers.length; i++) {
      buffer.putLong(loadOffset(i, rank), numbers[i]);
    }
  }

  /** What each rank did, by rank. */
  List<RankLoad> loads(ByteBuffer reduced) {
    return IntStream.range(0, worldSize)
        .mapToObj(
            rank ->
                RankLoad.of(
                    IntStream.range(0, RankLoad.NUMBERS)
                        .mapToLong(i -> reduced.getLong(loadOffset(i, rank)))
                        .toArray()))
        .toList();
  }

  /** The ranks where a pass did not fit in memory; usually none. */
  List<Integer> outOfMemory(ByteBuffer reduced) {
    return IntStream.range(0, worldSize)
        .filter(rank -> reduced.getLong(passesOffset(rank)) != 0)
        .boxed()
        .toList();
  }

  /**
   * What all ranks brought besides their gradient sums.
   *
   * @param examples all of them
   * @param weight the sum of their weights; their number where they have none
   * @param lossSum their loss, summed
   * @param squares those of all micro-batches' gradient sums
   */
  record Totals(long examples, double weight, double lossSum, Squares squares) {}

  /** What all ranks brought. */
  Totals totals(ByteBuffer reduced) {
    long examples = reduced.getLong(countOffset(EXAMPLES));
    double weight =
        switch (weights) {
          case NONE -> examples;
          case RECORDED -> reduced.getDouble(doubleOffset(WEIGHT));
        };
    Squares squares =
        new Squares(
            reduced.getDouble(doubleOffset(SQUARES)), reduced.getLong(countOffset(SQUARED_COUNTS)));
    return new Totals(examples, weight, reduced.getDouble(doubleOffset(LOSS_SUM)), squares);
  }

  /** What the ranks' votes come to. */
  ControlDecision decision(ByteBuffer reduced) {
    List<StopVote> stops = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      stops.add(StopVote.of(reduced.getLong(stopOffset(rank))));
    }
    boolean due = reduced.getLong(countOffset(SAVES)) > 0;
    return new ControlDecision(due ? ControlVotes.Save.DUE : ControlVotes.Save.NOT_DUE, stops);
  }

  /**
   * Compares the ranks' parameter digests.
   *
   * @throws ReplicasDivergedException if they differ
   */
  void requireSameParameters(ByteBuffer reduced, long update) {
    List<Long> digests = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      digests.add(reduced.getLong(digestOffset(rank)));
    }
    if (digests.stream().distinct().count() > 1) {
      throw new ReplicasDivergedException(update, digests.stream().map(d -> d - 1).toList());
    }
  }

  private int digestOffset(int rank) {
    return countOffset(FOR_ALL + rank);
  }

  private int stopOffset(int rank) {
    return countOffset(FOR_ALL + worldSize + rank);
  }

  private int passesOffset(int rank) {
    return countOffset(FOR_ALL + 2 * worldSize + rank);
  }

  private int loadOffset(int number, int rank) {
    return countOffset(FOR_ALL + (LOAD + number) * worldSize + rank);
  }

  private int doubleOffset(int index) {
    return layout.offsetBytes(DOUBLES) + index * Double.BYTES;
  }

  private int countOffset(int index) {
    return layout.offsetBytes(COUNTS) + index * Long.BYTES;
  }
}
