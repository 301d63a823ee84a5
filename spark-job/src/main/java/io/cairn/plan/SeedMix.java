/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

/**
 * Computes one seed from several numbers. Seeds from neighbouring numbers are unrelated.
 *
 * <p>Each number goes through the finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable
 * Pseudorandom Number Generators, OOPSLA 2014; the constants are Stafford's variant 13 of
 * MurmurHash3's).
 *
 * <p>Threading: stateless.
 */
public final class SeedMix {

  private SeedMix() {}

  /** The seed of these numbers in this order. */
  public static long of(long... numbers) {
    long mixed = 0;
    for (long number : numbers) {
      mixed = mix(mixed + number);
    }
    return mixed;
  }

  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
