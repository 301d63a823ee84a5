/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.settings.SourceSettings;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A source that is read in jobs of the caller's, and what their failures mean. As long as it is
 * open, a job that this thread starts ends as soon as a task fails for the data's fault.
 *
 * <p>Opened and closed by whoever reads, on one thread. Threading: that thread.
 */
public final class Reading implements AutoCloseable {
  private final String setting;
  private final SourceSettings source;
  private final ReadingWatch watch;
  private final Dataset<Row> rows;

  private Reading(String setting, SourceSettings source, ReadingWatch watch, Dataset<Row> rows) {
    this.setting = setting;
    this.source = source;
    this.watch = watch;
    this.rows = rows;
  }

  /**
   * Opens a source.
   *
   * @param setting what names it, for messages
   * @throws DataException if it is not there, or no data of its format
   */
  public static Reading open(SparkSession spark, String setting, SourceSettings source) {
    ReadingWatch watch = ReadingWatch.open(spark.sparkContext());
    try {
      return new Reading(
          setting, source, watch, Sources.open(spark, Frames.none(), watch, setting, source));
    } catch (RuntimeException e) {
      watch.close();
      throw e;
    }
  }

  /** The rows, not yet read. */
  public Dataset<Row> rows() {
    return rows;
  }

  /**
   * What the failure of a job that reads the source and does something with it means: the data's
   * fault as a {@link DataException}, anything else as it is.
   *
   * @param story what the job did, which a sentence begins with where nobody knows whose fault it
   *     is
   */
  public RuntimeException failed(String story, Exception failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof DataException data) {
        return new DataException(data.problems(), failure);
      }
    }
    Optional<DataException> ended = watch.failure(story);
    if (ended.isPresent()) {
      return ended.get();
    }
    return ReaderFault.of(failure)
        .<RuntimeException>map(fault -> fault.inWords(story, failure))
        .orElseGet(() -> Unchecked.of(failure));
  }

  /** The source as a table, for this room. */
  SourceTable table() {
    return new SourceTable(rows, watch, setting, source);
  }

  @Override
  public void close() {
    watch.close();
  }
}
