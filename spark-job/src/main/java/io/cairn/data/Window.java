/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.Cursor;
import java.util.List;
import java.util.Objects;

/**
 * What one rank contributes to one update. Near the end of an epoch a window can be short or empty.
 * With an empty window the rank still takes part in the update, with a count of 0.
 *
 * @param cursor where the rank stands before the update
 * @param next where it stands after the update
 * @param microBatches the sizes of the micro-batches to be taken, in their order
 * @param updateExamples all ranks' examples in the update
 * @param nextUpdateExamples all ranks' examples in the one after it
 */
public record Window(
    Cursor cursor,
    Cursor next,
    List<Integer> microBatches,
    long updateExamples,
    long nextUpdateExamples) {
  public Window {
    Objects.requireNonNull(cursor, "cursor");
    Objects.requireNonNull(next, "next");
    microBatches = List.copyOf(microBatches);
  }

  /** The rank's examples in this update. */
  public int examples() {
    return microBatches.stream().mapToInt(Integer::intValue).sum();
  }
}
