/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * How many rows were scored and how many could not be. Counted where tasks end well; a data frame
 * that is computed twice counts twice.
 *
 * <p>Threading: tasks add, the driver reads.
 */
public final class RowCounts implements Serializable {
  private static final long serialVersionUID = 1L;

  private final LongAccumulator scored;
  private final LongAccumulator unscorable;

  private RowCounts(LongAccumulator scored, LongAccumulator unscorable) {
    this.scored = scored;
    this.unscorable = unscorable;
  }

  /** Counts nothing yet. */
  static RowCounts in(SparkContext spark) {
    return new RowCounts(
        spark.longAccumulator("cairn: rows scored"),
        spark.longAccumulator("cairn: rows that cannot be scored"));
  }

  void add(long scoredRows, long unscorableRows) {
    scored.add(scoredRows);
    unscorable.add(unscorableRows);
  }

  /** Rows that were scored. */
  public long scored() {
    return scored.value();
  }

  /** Rows that could not be scored, whatever became of them. */
  public long unscorable() {
    return unscorable.value();
  }
}
