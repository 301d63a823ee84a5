/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

/** What bf16 and a rounded sum are, written down a second time, number by number. */
public final class Rounded {

  /** What follows the largest float32 if the exponent went on. */
  private static final double BEYOND = 0x1p128;

  private Rounded() {}

  /** The bf16 number that is nearest, the even one of two. */
  public static float nearest(float value) {
    if (!Float.isFinite(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    int towardsZero = bits & 0xffff0000;
    int away = towardsZero + 0x10000;
    float near = Float.intBitsToFloat(towardsZero);
    float far = Float.intBitsToFloat(away);
    double farther = Float.isInfinite(far) ? Math.copySign(BEYOND, value) : far;
    int compared = Double.compare(Math.abs(value - near), Math.abs(farther - value));
    boolean isNear = compared < 0 || (compared == 0 && (towardsZero & 0x10000) == 0);
    return isNear ? near : far;
  }

  /**
   * One sum round the ring, in a single thread.
   *
   * @param inputs of each rank by position, and what is left over on each; replaced by new ones
   * @param chunkOf which chunk of the ring a number is in
   */
  static float[] sum(float[][] inputs, float[][] errors, ChunkOf chunkOf) {
    int worldSize = inputs.length;
    float[] result = new float[inputs[0].length];
    for (int i = 0; i < result.length; i++) {
      int first = chunkOf.chunk(i);
      float passed = 0;
      for (int hop = 0; hop < worldSize; hop++) {
        int rank = (first + hop) % worldSize;
        float own = inputs[rank][i] + errors[rank][i];
        float partial = hop == 0 ? own : own + passed;
        passed = nearest(partial);
        float rest = partial - passed;
        errors[rank][i] = Float.isFinite(rest) ? rest : 0;
      }
      result[i] = passed;
    }
    return result;
  }

  /** Where a chunk begins is the schedule's matter. */
  @FunctionalInterface
  interface ChunkOf {
    int chunk(int number);
  }

  /** Of float32 numbers at a buffer's start. */
  static ChunkOf ring(int sizeBytes, int worldSize) {
    long units = sizeBytes / 8;
    return number -> {
      long unit = number / 2;
      int chunk = 0;
      while (units * (chunk + 1) / worldSize <= unit) {
        chunk++;
      }
      return chunk;
    };
  }
}
