/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

/**
 * Seeds for dropout and other noise: a function of (seed, rank, update, micro-batch) alone, so that
 * a resumed run needs no generator's state and an update that is done again draws the same noise.
 *
 * <p>Mixed by the finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, OOPSLA 2014).
 *
 * @param seed the run's seed
 * @param rank whose noise
 */
record Noise(long seed, int rank) {

  /** The seed of one pass. */
  long seed(long update, int microBatch) {
    return mix(mix(mix(mix(seed) + rank) + update) + microBatch);
  }

  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
