/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.plan.SeedMix;

/**
 * Seeds for dropout and other noise: a function of (seed, rank, update, micro-batch) alone, so that
 * a resumed run needs no generator's state and an update that is done again draws the same noise.
 * Updates are those of the model's own count, so that a run that goes on from a trained model draws
 * noise of its own.
 *
 * @param seed the run's seed
 * @param rank whose noise
 */
record Noise(long seed, int rank) {

  /** The seed of one pass. */
  long seed(long update, int microBatch) {
    return SeedMix.of(seed, rank, update, microBatch);
  }
}
