/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.SeedMix;
import java.util.SplittableRandom;

/**
 * The order in which a rank visits its shard. Each epoch has a new permutation, which is a function
 * of (seed, rank, epoch) alone. In an epoch that was begun by another number of workers it also
 * depends on the updates that were made before. Epochs are those that the model counts: a run that
 * goes on from a trained model begins with the next one.
 *
 * <p>Uses the Fisher-Yates shuffle (Durstenfeld, CACM 7, 1964) with {@link SplittableRandom}, whose
 * sequence for a seed is part of its specification. The seed of an epoch is a {@link SeedMix}, so
 * that neighbouring seeds, ranks and epochs are unrelated. Needs 4 bytes of heap per example,
 * allocated once.
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

  /**
   * Makes a permutation of a part of the shard current, for an epoch that others have begun.
   *
   * @param part examples of the shard, ascending
   * @param done updates of the epoch made before; with 0, and the whole shard for a part, this is
   *     {@link #beginEpoch}
   */
  void beginRest(long epoch, int[] part, long done) {
    long mixed = done == 0 ? SeedMix.of(seed, rank, epoch) : SeedMix.of(seed, rank, epoch, done);
    SplittableRandom random = new SplittableRandom(mixed);
    for (int i = 0; i < part.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = part[i];
    }
    this.epoch = epoch;
  }

  /** Which example of the shard is the {@code position}th of the current epoch. */
  int example(int position) {
    return order[position];
  }
}
