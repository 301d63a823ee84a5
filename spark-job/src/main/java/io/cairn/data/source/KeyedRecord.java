/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;

/**
 * A record with the place that it is sent to, that of a rank, or of the counts, whose order is that
 * of the partitions: what the shuffle carries. Records are ordered by hash and then by content, so
 * that the order of a shard does not depend on how its records arrived.
 *
 * <p>Threading: immutable, safe everywhere; the record is not changed by anyone.
 */
final class KeyedRecord implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int place;
  private final long hash;
  private final byte[] record;

  KeyedRecord(int place, long hash, byte[] record) {
    this.place = place;
    this.hash = hash;
    this.record = record;
  }

  int place() {
    return place;
  }

  long hash() {
    return hash;
  }

  byte[] record() {
    return record;
  }

  /** The order of the records of a place. */
  static final class Order implements Comparator<KeyedRecord>, Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public int compare(KeyedRecord a, KeyedRecord b) {
      int byHash = Long.compareUnsigned(a.hash, b.hash);
      return byHash != 0 ? byHash : Arrays.compareUnsigned(a.record, b.record);
    }
  }
}
