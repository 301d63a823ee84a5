/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import java.util.List;

/**
 * The two sides of a source's records, and a look at the first of them.
 *
 * <p>Threading: the driver's thread.
 */
final class Shards {
  private Shards() {}

  /** Which side of the split the records are on. */
  enum Side {
    TRAIN(0),
    HELD_OUT(1);

    private final int number;

    Side(int number) {
      this.number = number;
    }

    /** From 0 on. */
    int number() {
      return number;
    }
  }

  /**
   * The first records of a side, unscaled; fewer if there are fewer.
   *
   * @throws DataException if the source cannot be read
   */
  static List<byte[]> first(
      SourceTable table, ExampleEncoder encoder, Ownership ownership, Side side, int count) {
    try {
      return table
          .rows()
          .flatMap(
              row ->
                  encoder
                      .encode(row, new ProblemCounts())
                      .filter(record -> ownership.side(record) == side)
                      .stream()
                      .iterator())
          .take(count);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw table.failed(e);
    }
  }
}
