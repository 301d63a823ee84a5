/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;

/**
 * How many records fall into each of {@code 2^bits} equal ranges ("buckets") of the unsigned 64-bit
 * hash.
 *
 * <p>Threading: one thread while it is filled, immutable afterwards.
 */
final class BucketCounts implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int bits;
  private final long[] counts;

  BucketCounts(int bits) {
    this.bits = bits;
    this.counts = new long[1 << bits];
  }

  /** Bits for at least {@code buckets} buckets. */
  static int bitsFor(int buckets) {
    return Math.max(1, 32 - Integer.numberOfLeadingZeros(buckets - 1));
  }

  void add(long hash) {
    counts[bucket(hash)]++;
  }

  void merge(BucketCounts other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
  }

  int bucket(long hash) {
    return (int) (hash >>> (64 - bits));
  }

  int buckets() {
    return counts.length;
  }

  long count(int bucket) {
    return counts[bucket];
  }

  long total() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }
}
