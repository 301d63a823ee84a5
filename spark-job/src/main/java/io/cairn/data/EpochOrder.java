/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.SeedMix;
import java.util.SplittableRandom;

/**
 * The order in which a rank visits its shard: a fresh permutation each epoch, a function of (seed,
 * rank, epoch) alone.
 *
 * <p>Fisher-Yates shuffle (Durstenfeld, CACM 7, 1964) driven by {@link SplittableRandom}, whose
 * sequence for a seed is part of its specification. The seed of an epoch is a {@link SeedMix}, so
 * that neighbouring seeds, ranks and epochs have nothing in common. Holds 4 bytes an example on the
 * heap, allocated once.
 *
 * <p>Threading: one thread.
 */
final class EpochOrder {
  private final int[] order;
  private final long seed;
  private final int rank;
  private long epoch = -1;

  EpochOrder(int examples, long seed, int rank) {
    this.order = new int[examples];
    this.seed = seed;
    this.rank = rank;
  }

  /** Makes the permutation of {@code epoch} current; cheap where it is already. */
  void beginEpoch(long epoch) {
    if (this.epoch == epoch) {
      return;
    }
    SplittableRandom random = new SplittableRandom(SeedMix.of(seed, rank, epoch));
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    this.epoch = epoch;
  }

  /** Which example of the shard is the {@code position}th of the current epoch. */
  int example(int position) {
    return order[position];
  }
}
