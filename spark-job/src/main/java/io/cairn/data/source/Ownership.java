/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;
import org.apache.spark.sql.catalyst.expressions.XXH64;
import org.apache.spark.unsafe.Platform;

/**
 * Decides where an example belongs, from its content and the seed alone.
 *
 * <p>The hash is XXH64 (Yann Collet, xxhash.com) of the encoded record, as Spark ships it, with a
 * seed derived from the run's. A second hash, with another seed, decides whether the example is
 * held out for validation. So equal examples are always on the same side.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param seed the run's seed
 * @param validationFraction the share held out, in [0, 1)
 */
record Ownership(long seed, double validationFraction) implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final long OWNER = 1;
  private static final long HELD_OUT = 2;

  /** The place of a record in the order of all records, as an unsigned number. */
  long hash(byte[] record) {
    return hash(record, OWNER);
  }

  /** Whether the record is held out for validation. */
  boolean isHeldOut(byte[] record) {
    // The upper 53 bits, as a double in [0, 1).
    return validationFraction > 0
        && (hash(record, HELD_OUT) >>> 11) * 0x1.0p-53 < validationFraction;
  }

  Shards.Side side(byte[] record) {
    return isHeldOut(record) ? Shards.Side.HELD_OUT : Shards.Side.TRAIN;
  }

  private long hash(byte[] record, long purpose) {
    return XXH64.hashUnsafeBytes(
        record, Platform.BYTE_ARRAY_OFFSET, record.length, XXH64.hashLong(purpose, seed));
  }
}
