/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkException;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Opens sources, and turns Spark's failures to read them into errors that an operator can act on.
 *
 * <p>Threading: the driver's thread.
 */
final class Sources {
  private Sources() {}

  /**
   * The rows of a source, not yet read.
   *
   * @param frames what a program gives
   * @param watch sees to the jobs that look for files and columns
   * @param setting the setting that names it, for messages
   * @throws DataException if it is not there, or no data of its format
   */
  static Dataset<Row> open(
      SparkSession spark,
      Frames frames,
      ReadingWatch watch,
      String setting,
      SourceSettings source) {
    try {
      if (source.query().isEmpty()) {
        return load(spark, frames, setting, source.place());
      }
      // A session of its own: its views are nobody else's.
      SparkSession session = SparkInternals.cloned(spark);
      view(session, SourceSettings.DATA_VIEW, load(session, frames, setting, source.place()));
      for (Map.Entry<String, SourcePlace> view : source.views().entrySet()) {
        String name = view.getKey();
        view(session, name, load(session, frames, setting + ".sources." + name, view.getValue()));
      }
      return SourceQuery.open(session, setting + ".query", source.query().get());
    } catch (DataException e) {
      throw e;
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw failed(story(setting, source), watch, e);
    }
  }

  private static void view(SparkSession session, String name, Dataset<Row> rows) {
    Frames.within(session, rows).createOrReplaceTempView(name);
  }

  private static Dataset<Row> load(
      SparkSession spark, Frames frames, String setting, SourcePlace place) {
    try {
      if (place instanceof SourcePlace.Frame frame) {
        return frames.open(frame.name());
      }
      if (place instanceof SourcePlace.Table table) {
        return spark.table(table.name());
      }
      SourcePlace.Files files = (SourcePlace.Files) place;
      if (files.format().equals(IdxSource.FORMAT)) {
        return IdxSource.open(spark, files);
      }
      DataFrameReader reader = spark.read().format(files.format()).options(files.options());
      if (files.schema().isPresent()) {
        reader = reader.schema(schema(files.schema().get()));
      }
      return files.path().isPresent() ? reader.load(files.path().get()) : reader.load();
    } catch (DataException e) {
      throw new DataException(
          e.problems().stream().map(problem -> setting + ": " + problem).toList(), e);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      if (e instanceof SparkException || e instanceof InterruptedException) {
        // A job that looks at files in order to find the columns.
        throw Unchecked.of(e);
      }
      throw new DataException(
          List.of(
              "%s: cannot read %s: %s"
                  .formatted(setting, place.description(), reason(spark, place, e))),
          e);
    }
  }

  private static String reason(SparkSession spark, SourcePlace place, Exception failure) {
    Optional<String> missing =
        place instanceof SourcePlace.Table table
            ? MissingTable.reason(spark, table.name(), failure)
            : Optional.empty();
    return missing.orElseGet(() -> ReaderFault.reason(failure));
  }

  private static StructType schema(String ddl) {
    try {
      return StructType.fromDDL(ddl);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw new DataException(
          List.of(
              "schema = %s is no list of columns and types: %s"
                  .formatted(ddl, ReaderFault.reason(e))),
          e);
    }
  }

  /** What a sentence about the reading of a source begins with. */
  static String story(String setting, SourceSettings source) {
    return setting + ": cannot read " + source.description();
  }

  /**
   * What a failed job over the source means: the data's fault as a {@link DataException}, anything
   * else (a lost executor, a stopped context, a file system out of reach) as it is.
   *
   * @param watch what ended the job, if it was we
   */
  static RuntimeException failed(String story, ReadingWatch watch, Exception failure) {
    if (failure instanceof InterruptedException) {
      return Unchecked.of(failure);
    }
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
}
