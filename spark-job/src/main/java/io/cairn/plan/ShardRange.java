/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

/**
 * The examples that one rank owns, as an interval of all training examples in their fixed order.
 * Rank r of W owns {@code [N r / W, N (r + 1) / W)}. The intervals have no gaps and do not overlap,
 * and their sizes differ by at most one.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param rank in [0, workers)
 * @param workers at least 1
 * @param examples of all ranks together, not negative
 */
public record ShardRange(int rank, int workers, long examples) {

  public ShardRange {
    if (workers < 1 || rank < 0 || rank >= workers) {
      throw new IllegalArgumentException("rank " + rank + " of " + workers + " workers");
    }
    if (examples < 0 || examples > Long.MAX_VALUE / workers) {
      throw new IllegalArgumentException(examples + " examples for " + workers + " workers");
    }
  }

  /** The first example that belongs to the rank. */
  public long start() {
    return examples * rank / workers;
  }

  /** The first example after {@link #start} that does not belong to the rank. */
  public long end() {
    return examples * (rank + 1) / workers;
  }

  /** How many examples the rank owns; 0 where there are fewer examples than workers. */
  public long size() {
    return end() - start();
  }
}
