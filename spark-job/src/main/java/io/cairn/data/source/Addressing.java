/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;

/**
 * Which ranks a record is sent to: those whose range of buckets its hash falls into. The ranges of
 * neighbours may overlap; a rank keeps what it owns ({@link ShardAssigner#owned}).
 *
 * <p>Threading: immutable, safe everywhere.
 */
interface Addressing extends Serializable {

  /** The first rank that records of this hash are sent to. */
  int firstRank(long hash);

  /** The last rank that records of this hash are sent to. */
  int lastRank(long hash);

  /** The first bucket whose records are sent to a rank. */
  int firstBucket(int rank);

  /** The last bucket whose records are sent to a rank. */
  int lastBucket(int rank);
}
