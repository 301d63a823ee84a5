/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

/**
 * Rounds float32 numbers to bf16. A bf16 is the upper half of a float32: the sign, the eight bits
 * of the exponent, and seven of the fraction. Numbers are float32 bits here, and a rounded one has
 * zeros in its lower half.
 *
 * <p>All loops go over arrays and have no branches, so the compiler makes vector instructions of
 * them.
 */
final class Bf16 {

  static final int BYTES = 2;

  private static final int UPPER_HALF = 0xffff0000;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;
  private static final int QUIET = 0x00400000;

  private Bf16() {}

  /**
   * Rounds to the nearest, to the even one of two that are as near; beyond the largest number to
   * infinity, as IEEE 754 has it. A NaN stays one. What is rounded already stays as it is.
   *
   * @param numbers replaced
   */
  static void round(int[] numbers, int count) {
    for (int i = 0; i < count; i++) {
      int bits = numbers[i];
      int nearest = bits + 0x7fff + ((bits >>> 16) & 1);
      // All ones for a NaN, whose fraction must neither overflow nor become that of infinity.
      int nan = (INFINITY - (bits & MAGNITUDE)) >> 31;
      numbers[i] = ((nearest & ~nan) | ((bits | QUIET) & nan)) & UPPER_HALF;
    }
  }

  /** Whether a number is NaN or infinite. */
  static boolean anyNotFinite(int[] numbers, int count) {
    int seen = 0;
    for (int i = 0; i < count; i++) {
      // Negative for an exponent of ones only.
      seen |= (numbers[i] & MAGNITUDE) + (1 << 23);
    }
    return seen < 0;
  }

  /**
   * Puts two rounded numbers into each word. They are from different arrays because that is what
   * vector instructions do at once.
   */
  static void pack(int[] lower, int[] upper, int[] words, int count) {
    for (int i = 0; i < count; i++) {
      words[i] = (lower[i] >>> 16) | (upper[i] & UPPER_HALF);
    }
  }

  /** Takes them out again. */
  static void unpack(int[] words, int[] lower, int[] upper, int count) {
    for (int i = 0; i < count; i++) {
      lower[i] = words[i] << 16;
      upper[i] = words[i] & UPPER_HALF;
    }
  }
}
