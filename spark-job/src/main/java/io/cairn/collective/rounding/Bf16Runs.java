/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Turns runs of float32 numbers in direct buffers into bf16 and back. A run of 2h numbers becomes h
 * words of four bytes. Word i holds number i in its lower half and number h + i in its upper half.
 * A run begins and ends at a multiple of eight bytes, so the count of its numbers is even.
 *
 * <p>It works through small blocks that stay in the first-level cache, as {@link SectionAdder} does
 * and for the same reasons.
 *
 * <p>Belongs to one group.
 *
 * <p>Threading: one thread.
 */
final class Bf16Runs {

  /** Seven arrays of 4 KiB. */
  private static final int BLOCK = 1024;

  private final int[] lower = new int[BLOCK];
  private final int[] upper = new int[BLOCK];
  private final int[] words = new int[BLOCK];
  private final float[] values = new float[BLOCK];
  private final float[] others = new float[BLOCK];
  private final ByteBuffer block =
      ByteBuffer.allocateDirect(BLOCK * Float.BYTES).order(ByteOrder.nativeOrder());
  private final IntBuffer blockBits = block.asIntBuffer();
  private final FloatBuffer blockFloats = block.asFloatBuffer();

  /** Bytes that a run of float32 numbers takes as bf16. */
  static int bytes(int float32Bytes) {
    return float32Bytes / Float.BYTES * Bf16.BYTES;
  }

  /**
   * Rounds numbers where they are.
   *
   * @param numbers replaced by what they are rounded to
   * @param errors replaced by what that leaves over, exactly; by 0 where the number or what it is
   *     rounded to is not finite
   * @param into takes the rounded numbers' words; all three borrowed until return
   */
  void round(ByteBuffer numbers, ByteBuffer errors, ByteBuffer into) {
    IntBuffer bits = ints(numbers);
    FloatBuffer floats = floats(numbers);
    FloatBuffer rest = floats(errors);
    IntBuffer to = ints(into);
    int half = bits.remaining() / 2;
    for (int start = 0; start < half; start += BLOCK) {
      int count = Math.min(BLOCK, half - start);
      round(bits, floats, rest, start, lower, count);
      round(bits, floats, rest, half + start, upper, count);
      Bf16.pack(lower, upper, words, count);
      to.put(start, words, 0, count);
    }
  }

  private void round(
      IntBuffer bits, FloatBuffer floats, FloatBuffer rest, int start, int[] rounded, int count) {
    bits.get(start, rounded, 0, count);
    floats.get(start, values, 0, count);
    Bf16.round(rounded, count);
    bits.put(start, rounded, 0, count);
    floats.get(start, others, 0, count);
    subtract(values, others, count);
    if (Bf16.anyNotFinite(rounded, count)) {
      clearNotFinite(values, count);
    }
    rest.put(start, values, 0, count);
  }

  private static void subtract(float[] difference, float[] less, int count) {
    for (int i = 0; i < count; i++) {
      difference[i] -= less[i];
    }
  }

  /** A difference is not finite where one of its numbers is not. */
  private static void clearNotFinite(float[] numbers, int count) {
    for (int i = 0; i < count; i++) {
      numbers[i] = Float.isFinite(numbers[i]) ? numbers[i] : 0;
    }
  }

  /**
   * Only packs numbers that are rounded already.
   *
   * @param numbers borrowed until return
   * @param into takes their words; borrowed until return
   */
  void pack(ByteBuffer numbers, ByteBuffer into) {
    IntBuffer bits = ints(numbers);
    IntBuffer to = ints(into);
    int half = bits.remaining() / 2;
    for (int start = 0; start < half; start += BLOCK) {
      int count = Math.min(BLOCK, half - start);
      bits.get(start, lower, 0, count);
      bits.get(half + start, upper, 0, count);
      Bf16.pack(lower, upper, words, count);
      to.put(start, words, 0, count);
    }
  }

  /**
   * Puts numbers back to where they belong.
   *
   * @param from their words; borrowed until return
   * @param numbers replaced; borrowed until return
   */
  void unpack(ByteBuffer from, ByteBuffer numbers) {
    IntBuffer packed = ints(from);
    IntBuffer bits = ints(numbers);
    int half = bits.remaining() / 2;
    for (int start = 0; start < half; start += BLOCK) {
      int count = Math.min(BLOCK, half - start);
      packed.get(start, words, 0, count);
      Bf16.unpack(words, lower, upper, count);
      bits.put(start, lower, 0, count);
      bits.put(half + start, upper, 0, count);
    }
  }

  /**
   * Adds numbers as float32.
   *
   * @param from their words; borrowed until return
   * @param sums added to; borrowed until return
   */
  void add(ByteBuffer from, ByteBuffer sums) {
    IntBuffer packed = ints(from);
    FloatBuffer floats = floats(sums);
    int half = floats.remaining() / 2;
    for (int start = 0; start < half; start += BLOCK) {
      int count = Math.min(BLOCK, half - start);
      packed.get(start, words, 0, count);
      Bf16.unpack(words, lower, upper, count);
      add(lower, floats, start, count);
      add(upper, floats, half + start, count);
    }
  }

  private void add(int[] bits, FloatBuffer sums, int start, int count) {
    blockBits.put(0, bits, 0, count);
    blockFloats.get(0, others, 0, count);
    sums.get(start, values, 0, count);
    SectionAdder.addArrays(values, others, count);
    sums.put(start, values, 0, count);
  }

  private static IntBuffer ints(ByteBuffer bytes) {
    return bytes.order(ByteOrder.nativeOrder()).asIntBuffer();
  }

  private static FloatBuffer floats(ByteBuffer bytes) {
    return bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
