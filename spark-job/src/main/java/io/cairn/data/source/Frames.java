/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/**
 * The data frames that a program gives beside the settings, by name. They belong to sessions of
 * that program, in which nothing is changed.
 *
 * <p>Like a query, a frame must give the same rows at each reading, and what Spark's analyzer knows
 * to change is refused ({@link SourceQuery}).
 *
 * <p>Threading: immutable; frames are used on the driver's thread.
 *
 * @param byName as the settings name them
 */
public record Frames(Map<String, Dataset<Row>> byName) {

  public Frames {
    byName = Map.copyOf(byName);
  }

  /** No frames. */
  public static Frames none() {
    return new Frames(Map.of());
  }

  /**
   * A frame, found fit to be read more than once.
   *
   * @throws DataException if there is none of that name, or its rows may change
   */
  Dataset<Row> open(String name) {
    Dataset<Row> frame = byName.get(name);
    if (frame == null) {
      String given =
          byName.isEmpty() ? "none is given" : "given are " + new TreeMap<>(byName).keySet();
      throw new DataException(
          List.of(
              "data frame %s: only a program can give one (docs/api.md), and %s; a file names a path or a table"
                  .formatted(name, given)));
    }
    if (frame.isStreaming()) {
      throw new DataException(
          List.of("data frame %s is a stream, which has no last row".formatted(name)));
    }
    List<String> changes = SourceQuery.changes(held(frame));
    if (!changes.isEmpty()) {
      throw new DataException(
          List.of(
              "data frame %s: its rows may change from one reading to the next, by %s; a run reads its data more than once: write them down first, by cache(), checkpoint() or to files"
                  .formatted(name, String.join(", ", changes))));
    }
    return frame;
  }

  /**
   * The plan of a frame, with what the program has cached in the place of what computes it. Cached
   * rows are the same at each reading. If an executor that held some is lost, Spark computes them
   * again; if they then differ, the deal of the examples notices.
   */
  private static LogicalPlan held(Dataset<Row> rows) {
    return SparkInternals.withCached(rows.sparkSession(), rows.queryExecution().normalized());
  }

  /** The same rows as a part of another session, so that a view of them is that session's. */
  static Dataset<Row> within(SparkSession session, Dataset<Row> rows) {
    return rows.sparkSession() == session
        ? rows
        : SparkInternals.ofRows(session, rows.queryExecution().analyzed());
  }
}
