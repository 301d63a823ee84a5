/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.ElementType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What one all-reduce carries: {@code [gradient sum | loss sum, float64 | examples, parameter
 * digests, signals, int64]}. Counts are integers, because float32 counts exactly only to 2^24.
 *
 * <p>Digests and signals have a place for each rank, which only that rank fills: summing then
 * gathers them, and a mismatch or a signal names its rank.
 *
 * <p>Threading: one thread.
 */
final class StepSums {

  private static final int LOSS = 1;
  private static final int COUNTS = 2;

  private final BufferLayout layout;
  private final int worldSize;

  /**
   * @param parameters number of parameters
   * @param bytesPerValue 4 or 8
   */
  StepSums(long parameters, int bytesPerValue, int worldSize) {
    ElementType type = bytesPerValue == Float.BYTES ? ElementType.FLOAT32 : ElementType.FLOAT64;
    this.worldSize = worldSize;
    this.layout =
        BufferLayout.of(
            new Section(type, parameters),
            new Section(ElementType.FLOAT64, 1),
            new Section(ElementType.INT64, 1 + 2L * worldSize));
  }

  /** Bytes behind the gradient sum. */
  static int tailBytes(int worldSize) {
    return Double.BYTES + (1 + 2 * worldSize) * Long.BYTES;
  }

  BufferLayout layout() {
    return layout;
  }

  /**
   * What one rank brings besides its gradient sum.
   *
   * @param lossSum its loss, summed over its examples
   * @param examples how many
   * @param digest of its parameters; -1 in updates that carry none
   * @param signals what it has to tell
   */
  record Share(double lossSum, long examples, long digest, Set<Signal> signals) {}

  /** Fills in one rank's share. */
  void contribute(ByteBuffer buffer, int rank, Share share) {
    buffer.putDouble(layout.offsetBytes(LOSS), share.lossSum());
    buffer.putLong(layout.offsetBytes(COUNTS), share.examples());
    for (int other = 0; other < worldSize; other++) {
      // Shifted by one, so that 0 is "none".
      buffer.putLong(digestOffset(other), other == rank ? share.digest() + 1 : 0);
      buffer.putLong(signalOffset(other), 0);
    }
    long signals = share.signals().stream().mapToLong(Signal::bit).sum();
    buffer.putLong(signalOffset(rank), signals);
  }

  /** The ranks that gave a signal. */
  List<Integer> signalling(ByteBuffer reduced, Signal signal) {
    return IntStream.range(0, worldSize)
        .filter(rank -> (reduced.getLong(signalOffset(rank)) & signal.bit()) != 0)
        .boxed()
        .toList();
  }

  /** All ranks' loss, summed over the examples. */
  double lossSum(ByteBuffer reduced) {
    return reduced.getDouble(layout.offsetBytes(LOSS));
  }

  /** All ranks' examples. */
  long examples(ByteBuffer reduced) {
    return reduced.getLong(layout.offsetBytes(COUNTS));
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
    return layout.offsetBytes(COUNTS) + (1 + rank) * Long.BYTES;
  }

  private int signalOffset(int rank) {
    return digestOffset(worldSize + rank);
  }
}
