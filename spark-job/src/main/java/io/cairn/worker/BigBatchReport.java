/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.json.StrictJson;
import io.cairn.replica.LayerGap;
import java.util.List;

/**
 * How far a run is from the same updates made on one worker, as a line of JSON.
 *
 * @param largestPass examples of the largest pass that fitted in memory
 * @param comparisons what was compared
 */
public record BigBatchReport(int largestPass, List<Comparison> comparisons) {

  /** With what the run is compared. */
  public enum Against {
    /** Each update as one batch. */
    ONE_BATCH,
    /** The run's own micro-batches, one after the other on one worker. */
    SAME_MICRO_BATCHES,
    /** Not the run, but one batch in the model's own number format, with one batch in float64. */
    FLOAT64
  }

  /**
   * A comparison of two states.
   *
   * @param update after which
   * @param layers the differences, in the model's order
   */
  public record Comparison(Against against, long update, List<LayerGap> layers) {
    public Comparison {
      layers = List.copyOf(layers);
    }
  }

  public BigBatchReport {
    comparisons = List.copyOf(comparisons);
  }

  String write() {
    return StrictJson.line(this);
  }

  /**
   * Reads what the worker wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static BigBatchReport read(String line) {
    return StrictJson.parse(line, BigBatchReport.class);
  }
}
