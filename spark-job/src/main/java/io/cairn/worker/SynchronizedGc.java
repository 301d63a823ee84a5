/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

/**
 * Makes all ranks collect garbage after the same updates.
 *
 * <p>While one rank collects garbage, all others wait for it in the next all-reduce. If W ranks do
 * this at different times, the run can lose up to W times the pause of one rank. All ranks allocate
 * memory at the same rate. If they collect together once, their next collections also come at
 * nearly the same time, until work that only one rank does (metrics, checkpoints) has moved them
 * apart. PyTorch's trainers use the same method (torchtitan's {@code GarbageCollection}, Megatron's
 * {@code --manual-gc}).
 *
 * <p>When to collect depends on the update's number alone, so that the ranks need not agree on it.
 * It is more often at first, because ranks enter the beginning of an attempt at different times.
 *
 * <p>Threading: stateless.
 */
final class SynchronizedGc {

  private static final long EARLIEST = 16;
  private static final long EVERY = 1024;

  private SynchronizedGc() {}

  /**
   * Collects if it is time to; with {@code -XX:+DisableExplicitGC} it never is, nor for one worker,
   * which nobody waits for.
   */
  static void after(long update, int workers) {
    if (workers > 1 && isDueAfter(update)) {
      System.gc();
    }
  }

  /** At each power of two from {@link #EARLIEST} on, and at each multiple of {@link #EVERY}. */
  static boolean isDueAfter(long update) {
    return update >= EARLIEST && (Long.bitCount(update) == 1 || update % EVERY == 0);
  }
}
