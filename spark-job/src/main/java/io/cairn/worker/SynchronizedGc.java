/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

/**
 * Has all ranks collect garbage after the same updates.
 *
 * <p>Each rank's pause stops all others at the next all-reduce, so that pauses at different times
 * add up: with W ranks a share of up to W times that of one. All ranks allocate alike. Once emptied
 * together their heaps fill, and pause, at nearly the same time, until what only one of them does
 * (metrics, checkpoints) has moved them apart. PyTorch's trainers do the same for the same reason
 * (torchtitan's {@code GarbageCollection}, Megatron's {@code --manual-gc}).
 *
 * <p>A function of the update's number alone, so that nothing need be agreed. Soon and often at
 * first, since it is the beginning of an attempt that ranks enter at different times.
 *
 * <p>Threading: stateless.
 */
final class SynchronizedGc {

  private static final long EARLIEST = 16;
  private static final long EVERY = 1024;

  private SynchronizedGc() {}

  /** Collects if it is time to; with {@code -XX:+DisableExplicitGC} it never is. */
  static void after(long update) {
    if (isDueAfter(update)) {
      System.gc();
    }
  }

  /** At each power of two from {@link #EARLIEST} on, and at each multiple of {@link #EVERY}. */
  static boolean isDueAfter(long update) {
    return update >= EARLIEST && (Long.bitCount(update) == 1 || update % EVERY == 0);
  }
}
