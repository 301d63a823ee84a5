/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.source.Reading;
import io.cairn.replica.ModelException;
import io.cairn.scoring.OnInvalid;
import io.cairn.scoring.OutputColumn;
import io.cairn.scoring.RowScoring;
import io.cairn.settings.Settings;
import io.cairn.settings.SourceSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * Scores a source with a trained model, and writes its columns and the model's outputs to any sink
 * of Spark SQL. What is there when a job has failed is what the sink's committer makes of it: of
 * files, a folder without {@code _SUCCESS}.
 *
 * <p>Threading: the driver's thread.
 *
 * <p>Failure: {@link LaunchException}, {@link ModelException} or {@link
 * io.cairn.data.DataException} for an operator's mistake; anything else is the cluster's.
 */
public final class Prediction {

  private final Settings settings;
  private final SparkConf conf;
  private final Audience audience;

  /** What is there already where the result is to be. */
  public enum Existing {
    /** It stays, and the command fails. */
    ERROR(SaveMode.ErrorIfExists),
    /** It stays, and the rows are added. */
    APPEND(SaveMode.Append),
    /** It is replaced. */
    OVERWRITE(SaveMode.Overwrite);

    private final SaveMode mode;

    Existing(SaveMode mode) {
      this.mode = mode;
    }
  }

  /**
   * Where the result goes.
   *
   * @param path of the sink; a table's name for the format {@code table}
   * @param format a sink of Spark SQL
   * @param options of that sink
   * @param existing what becomes of what is there
   * @param partitionBy columns whose values become folders
   */
  public record Target(
      String path,
      String format,
      Map<String, String> options,
      Existing existing,
      List<String> partitionBy) {

    /** The format that means a table of the session's catalog. */
    static final String TABLE = "table";

    public Target {
      Objects.requireNonNull(path, "path");
      Objects.requireNonNull(format, "format");
      Objects.requireNonNull(existing, "existing");
      options = Map.copyOf(options);
      partitionBy = List.copyOf(partitionBy);
    }
  }

  /**
   * What is asked for.
   *
   * @param model path of the model; absent: the run's
   * @param data what is scored
   * @param prefix of the names of the columns that are added
   * @param outputs the columns that are added; empty: all
   */
  public record Request(
      Optional<String> model,
      SourceSettings data,
      Target target,
      OnInvalid onInvalid,
      String prefix,
      List<String> outputs) {}

  /**
   * What came of it.
   *
   * @param scored rows that were scored
   * @param unscorable rows that could not be
   */
  public record Result(long scored, long unscorable) {}

  /**
   * Prepares it.
   *
   * @param conf Spark's configuration, from {@link SparkSetup#forScoring}
   */
  public Prediction(Settings settings, SparkConf conf, Audience audience) {
    this.settings = settings;
    this.conf = conf;
    this.audience = audience;
  }

  /** Does it. */
  public Result run(Request request) throws IOException, InterruptedException {
    ModelToScore asked = ModelToScore.of(settings, request.model(), conf);
    TrainedModel model = asked.read(settings, conf);
    audience.tell("scoring " + request.data().name() + " with " + asked.path());
    try (SparkSession spark = SparkSession.builder().config(conf).getOrCreate();
        Reading reading = Reading.open(spark, "--data", request.data())) {
      RowScoring.Scored scored = scored(model, reading.rows(), request);
      save(reading, scored.rows(), request);
      return new Result(scored.counts().scored(), scored.counts().unscorable());
    }
  }

  private static RowScoring.Scored scored(TrainedModel model, Dataset<Row> rows, Request request)
      throws IOException, InterruptedException {
    try {
      return model.score(
          rows,
          "--data",
          outputs -> chosen(OutputColumn.usual(outputs, request.prefix()), request.outputs()),
          request.onInvalid());
    } catch (IllegalArgumentException e) {
      throw new LaunchException(
          List.of("--data: " + e.getMessage() + "; --prefix gives the outputs other names"));
    }
  }

  private static List<OutputColumn> chosen(List<OutputColumn> all, List<String> wanted) {
    List<String> names = all.stream().map(OutputColumn::name).toList();
    List<String> missing = new ArrayList<>(wanted);
    missing.removeAll(names);
    if (!missing.isEmpty()) {
      throw new LaunchException(
          List.of(
              "--outputs: the model gives no column %s, but %s"
                  .formatted(String.join(", ", missing), String.join(", ", names))));
    }
    return wanted.isEmpty()
        ? all
        : all.stream().filter(column -> wanted.contains(column.name())).toList();
  }

  private static void save(Reading reading, Dataset<Row> rows, Request request) {
    Target target = request.target();
    requireColumns(rows, target.partitionBy());
    DataFrameWriter<Row> writer =
        rows.write()
            .mode(target.existing().mode)
            .options(target.options())
            .partitionBy(target.partitionBy().toArray(new String[0]));
    try {
      if (target.format().equals(Target.TABLE)) {
        writer.saveAsTable(target.path());
      } else {
        writer.format(target.format()).save(target.path());
      }
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      if (e instanceof AnalysisException
          || e instanceof ClassNotFoundException
          || e instanceof UnsupportedOperationException
          || e instanceof IllegalArgumentException) {
        throw new LaunchException(
            List.of(
                "--to %s as %s: %s%s"
                    .formatted(target.path(), target.format(), firstLine(e), advice(e))));
      }
      throw reading.failed(
          "reading %s, or writing %s as %s"
              .formatted(request.data().description(), target.path(), target.format()),
          e);
    }
  }

  private static void requireColumns(Dataset<Row> rows, List<String> wanted) {
    List<String> missing = new ArrayList<>(wanted);
    missing.removeAll(List.of(rows.columns()));
    if (!missing.isEmpty()) {
      throw new LaunchException(
          List.of(
              "--partition-by: no column %s; the columns are %s"
                  .formatted(String.join(", ", missing), String.join(", ", rows.columns()))));
    }
  }

  private static String advice(Exception e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("already exists")) {
      return " (--mode overwrite or append, or another place)";
    }
    return message.contains("UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE")
        ? " (--outputs prediction writes that column alone; json and parquet hold all types)"
        : "";
  }

  private static String firstLine(Exception e) {
    String text = e.getMessage() == null ? e.toString() : e.getMessage();
    return text.lines().findFirst().orElse(text).strip();
  }
}
