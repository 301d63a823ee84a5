/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Objects;

/**
 * What a rank's passes took in an update, the memory it holds, and what it did since its passes
 * before.
 *
 * @param computeNanos forward and backward passes over its window; 0 if that is empty
 * @param fetchNanos waiting for micro-batches to be read
 * @param residentBytes physical memory of its process; 0 where the system does not say
 * @param since what it did between its passes of the update before and these
 */
public record RankLoad(long computeNanos, long fetchNanos, long residentBytes, Since since) {

  /** That of a rank that did nothing. */
  public static final RankLoad NONE = new RankLoad(0, 0, 0, Since.NONE);

  /** How many numbers it is made of. */
  public static final int NUMBERS = 7;

  public RankLoad {
    Objects.requireNonNull(since, "since");
  }

  /**
   * What a rank did between two updates' passes.
   *
   * @param waitNanos waiting for other ranks
   * @param reduceNanos moving and adding gradient sums
   * @param applyNanos checking, clipping, updating
   * @param checkpointNanos its part in checkpoints
   */
  public record Since(long waitNanos, long reduceNanos, long applyNanos, long checkpointNanos) {

    /** Nothing, as before the first passes. */
    public static final Since NONE = new Since(0, 0, 0, 0);
  }

  /** Of these {@link #NUMBERS}, in their order. */
  public static RankLoad of(long[] numbers) {
    return new RankLoad(
        numbers[0],
        numbers[1],
        numbers[2],
        new Since(numbers[3], numbers[4], numbers[5], numbers[6]));
  }

  /** The {@link #NUMBERS} that {@link #of} takes. */
  public long[] numbers() {
    return new long[] {
      computeNanos,
      fetchNanos,
      residentBytes,
      since.waitNanos(),
      since.reduceNanos(),
      since.applyNanos(),
      since.checkpointNanos()
    };
  }

  /** Both times added, and the larger memory. */
  public RankLoad plus(RankLoad other) {
    return new RankLoad(
        computeNanos + other.computeNanos,
        fetchNanos + other.fetchNanos,
        Math.max(residentBytes, other.residentBytes),
        new Since(
            since.waitNanos + other.since.waitNanos,
            since.reduceNanos + other.since.reduceNanos,
            since.applyNanos + other.since.applyNanos,
            since.checkpointNanos + other.since.checkpointNanos));
  }

  /** A share of the times, and the same memory. */
  public RankLoad over(long count) {
    return new RankLoad(
        computeNanos / count,
        fetchNanos / count,
        residentBytes,
        new Since(
            since.waitNanos / count,
            since.reduceNanos / count,
            since.applyNanos / count,
            since.checkpointNanos / count));
  }
}
