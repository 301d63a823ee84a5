/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;

/**
 * The surveyed training data or the surveyed validation data, which may be the two sides of one
 * source.
 *
 * <p>Threading: the driver's thread.
 *
 * @param dealer of the source; not closed
 */
record Part(Dealer dealer, Shards.Side side) {

  SourceTable table() {
    return dealer.table();
  }

  long examples() {
    return dealer.counts(side).total();
  }

  /** A few records, unscaled: those that come first where the source is read from its start. */
  List<byte[]> first(int count) {
    return dealer.first(side, count);
  }

  JavaRDD<byte[]> shards(int workers) {
    return dealer.shards(side, workers);
  }
}
