/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import org.apache.spark.Partitioner;

/** Sends a placed record to the partition of its rank. */
final class RankPartitioner extends Partitioner {
  private static final long serialVersionUID = 1L;

  private final int ranks;

  RankPartitioner(int ranks) {
    this.ranks = ranks;
  }

  @Override
  public int numPartitions() {
    return ranks;
  }

  @Override
  public int getPartition(Object key) {
    return ((KeyedRecord) key).rank();
  }
}
