/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

/**
 * What a rank's passes took in an update, and the memory it holds.
 *
 * @param computeNanos forward and backward passes over its window; 0 if that is empty
 * @param fetchNanos waiting for micro-batches to be read
 * @param residentBytes physical memory of its process; 0 where the system does not say
 * @param checkpointNanos its part in checkpoints since the update before
 */
public record RankLoad(
    long computeNanos, long fetchNanos, long residentBytes, long checkpointNanos) {

  /** That of a rank that did nothing. */
  public static final RankLoad NONE = new RankLoad(0, 0, 0, 0);

  /** That of a rank without a checkpoint before the update. */
  public RankLoad(long computeNanos, long fetchNanos, long residentBytes) {
    this(computeNanos, fetchNanos, residentBytes, 0);
  }
}
