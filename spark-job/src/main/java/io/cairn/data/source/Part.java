/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;

/**
 * The surveyed training data or the surveyed validation data: where its records come from, and how
 * many there are.
 *
 * <p>Threading: the driver's thread.
 */
record Part(
    SourceTable table,
    ExampleEncoder encoder,
    Ownership ownership,
    Shards.Side side,
    BucketCounts counts) {

  long examples() {
    return counts.total();
  }

  /** A few records, unscaled: those that come first where the source is read from its start. */
  List<byte[]> first(int count) {
    return Shards.first(table, encoder, ownership, side, count);
  }

  JavaRDD<byte[]> shards(int workers) {
    return Shards.of(
        table,
        encoder,
        ownership,
        side,
        new ShardAssigner(counts, workers, table.setting()),
        workers);
  }
}
