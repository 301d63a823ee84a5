/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

/**
 * Sends records to ranks before anybody has counted them. A hash spreads different records evenly,
 * so the border of two ranks is expected where it would be if all buckets held equally many.
 * Records near a border are sent to both neighbours, and each takes what it owns when the counts
 * are known.
 *
 * <p>Of {@code N} different records, those before the border of {@code W} ranks are off by {@code
 * sqrt(N) / 2} at most, as a standard deviation. The margin is a part of a rank's share, {@code N /
 * (m W)}: four deviations where N is at least {@code (4 m W)^2 / 4}, which is {@code 4096 W^2} for
 * {@link #OF_MANY} and {@code 256 W^2} for {@link #OF_FEW}. A source of fewer records, or of the
 * same one many times over, may need more ({@link ShardAssigner#isServedBy}), and is read again.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param bits there are {@code 2^bits} buckets, at least as many as ranks
 * @param workers how many ranks there are
 * @param margin m: one m-th of a share is sent to a neighbour too
 */
record ExpectedShares(int bits, int workers, int margin) implements Addressing {
  private static final long serialVersionUID = 1L;

  /** The margin of what is most of a source. */
  static final int OF_MANY = 32;

  /** The margin of what is a small part of it, where a wider one costs little. */
  static final int OF_FEW = 8;

  private long buckets() {
    return 1L << bits;
  }

  private int marginBuckets() {
    return workers == 1 ? 0 : (int) Math.max(1, buckets() / workers / margin);
  }

  private long bucket(long hash) {
    return hash >>> (64 - bits);
  }

  @Override
  public int firstBucket(int rank) {
    return (int) Math.max(0, buckets() * rank / workers - marginBuckets());
  }

  @Override
  public int lastBucket(int rank) {
    long end = (buckets() * (rank + 1) + workers - 1) / workers;
    return (int) Math.min(buckets() - 1, end - 1 + marginBuckets());
  }

  @Override
  public int firstRank(long hash) {
    long bucket = bucket(hash);
    int rank = (int) (bucket * workers / buckets());
    while (rank > 0 && lastBucket(rank - 1) >= bucket) {
      rank--;
    }
    return rank;
  }

  @Override
  public int lastRank(long hash) {
    long bucket = bucket(hash);
    int rank = (int) (bucket * workers / buckets());
    while (rank < workers - 1 && firstBucket(rank + 1) <= bucket) {
      rank++;
    }
    return rank;
  }
}
