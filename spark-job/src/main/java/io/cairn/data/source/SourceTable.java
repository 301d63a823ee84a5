/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static java.util.stream.Collectors.joining;

import io.cairn.data.DataException;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.SourceSettings;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.reflect.ClassTag$;

/**
 * An opened source, with the columns that are needed.
 *
 * <p>Threading: the driver's thread.
 */
final class SourceTable {
  private static final Logger LOG = LoggerFactory.getLogger(SourceTable.class);
  private static final int LISTED_TEXTS = 20;
  private static final String PATH = "path";

  private final String setting;
  private final SourceSettings source;
  private final ReadingWatch watch;
  private final Dataset<Row> data;
  private final Map<String, DataType> types = new HashMap<>();
  private final List<String> selected = new ArrayList<>();
  private final Map<DataType, Set<String>> unusable = new LinkedHashMap<>();

  /**
   * Opens a source.
   *
   * @param frames what a program gives
   * @param watch sees to the jobs that read it
   * @param setting names it in messages
   */
  SourceTable(
      SparkSession spark,
      Frames frames,
      ReadingWatch watch,
      String setting,
      SourceSettings source) {
    this(Sources.open(spark, frames, watch, setting, source), watch, setting, source);
  }

  /**
   * Rows that are there already.
   *
   * @param source names them in messages
   */
  SourceTable(Dataset<Row> data, ReadingWatch watch, String setting, SourceSettings source) {
    this.setting = setting;
    this.source = source;
    this.watch = watch;
    this.data = data;
    for (StructField field : data.schema().fields()) {
      types.put(field.name(), field.dataType());
    }
  }

  String setting() {
    return setting;
  }

  SourceSettings source() {
    return source;
  }

  private ColumnNames names() {
    return new ColumnNames(Arrays.asList(data.schema().fieldNames()));
  }

  /**
   * The columns of each input, then of each output. Problems are added to the list, and then the
   * result is not to be used.
   *
   * @param labelled columns that patterns of inputs leave out, whether they are there or not
   */
  List<List<String>> resolve(
      List<ColumnSettings> inputs,
      List<ColumnSettings> outputs,
      List<ColumnSettings> labelled,
      List<String> problems) {
    Set<String> labels = new HashSet<>();
    labelled.forEach(
        o -> o.columns().stream().filter(c -> !ColumnNames.isPattern(c)).forEach(labels::add));
    List<String> found = new ArrayList<>();
    List<List<String>> columns = new ArrayList<>();
    inputs.forEach(input -> columns.add(names().resolve(input.columns(), labels, found)));
    outputs.forEach(output -> columns.add(names().resolve(output.columns(), Set.of(), found)));
    new LinkedHashSet<>(found).forEach(problem -> problems.add(setting + ": " + problem));
    return columns;
  }

  /** What a column holds; a problem is added to the list where that cannot be trained on. */
  Optional<ColumnType> type(String column, List<String> problems) {
    DataType type = types.get(column);
    if (type == null) {
      names().resolve(List.of(column), Set.of(), problems);
      int last = problems.size() - 1;
      problems.set(last, setting + ": " + problems.get(last));
      return Optional.empty();
    }
    Optional<ColumnType> found = ColumnType.of(type).filter(it -> !it.isText());
    if (found.isEmpty()) {
      unusable.computeIfAbsent(type, same -> new LinkedHashSet<>()).add(column);
    }
    return found;
  }

  /**
   * What a column of classes holds: texts are the classes' names, where they have names.
   *
   * @param names of the classes; empty if they have none
   */
  Optional<ColumnType> classType(String column, List<String> names, List<String> problems) {
    DataType type = types.get(column);
    Optional<ColumnType> texts =
        type == null ? Optional.empty() : ColumnType.of(type).filter(ColumnType::isText);
    if (texts.isEmpty() || !names.isEmpty()) {
      return texts.or(() -> type(column, problems));
    }
    Optional<String> problem =
        texts.get() == ColumnType.TEXT ? textsWithoutNames(column) : Optional.empty();
    if (problem.isEmpty()) {
      return type(column, problems);
    }
    problems.add(problem.get());
    return Optional.empty();
  }

  /** Says what a label column of texts holds; empty if all of them are numbers. */
  private Optional<String> textsWithoutNames(String name) {
    Column column = column(name);
    Dataset<Row> texts =
        data.select(column)
            .filter(
                column
                    .isNotNull()
                    .and(
                        functions
                            .expr("try_cast(`%s` AS DOUBLE)".formatted(name.replace("`", "``")))
                            .isNull()));
    try {
      long rows = texts.count();
      if (rows == 0) {
        return Optional.empty();
      }
      List<String> values =
          texts.distinct().takeAsList(LISTED_TEXTS + 1).stream()
              .map(row -> row.getString(0))
              .sorted()
              .toList();
      String listed =
          values.size() <= LISTED_TEXTS
              ? "its texts are " + values.stream().map(SourceTable::quoted).collect(joining(", "))
              : "it has more than " + LISTED_TEXTS + " different texts";
      return Optional.of(
          "%s: column '%s' holds the text %s and the like in %d of %d rows, where the index of a class should be; name the classes in the order of their indices, classes = [...]: %s"
              .formatted(setting, name, quoted(values.get(0)), rows, data.count(), listed));
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw failed(e);
    }
  }

  private static String quoted(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return "\"" + (line.length() > 60 ? line.substring(0, 60) + "..." : line) + "\"";
  }

  /** Says which of the columns that {@link #type} was asked for hold nothing to train on. */
  void reportUnusable(List<String> problems) {
    unusable.forEach(
        (type, columns) -> {
          if (type.equals(DataTypes.StringType)) {
            TextColumns.sentences(data, setting, List.copyOf(columns), this::failed)
                .forEach(sentence -> problems.add(setting + ": " + sentence + hint()));
          } else {
            problems.add(
                "%s: %s is %s; numbers, booleans, arrays of numbers, ML vectors and bytes can be trained on"
                    .formatted(
                        setting, ColumnNames.subject(List.copyOf(columns)), type.simpleString()));
          }
        });
    unusable.clear();
  }

  /** The place in {@link #rows} of the path that a source of files gives; -1 if it gives none. */
  int selectPath() {
    return DataTypes.StringType.equals(types.get(PATH)) ? select(PATH) : -1;
  }

  private String hint() {
    return source
        .files()
        .filter(files -> files.format().equals("csv") && files.schema().isEmpty())
        .filter(files -> !files.options().containsKey("inferSchema"))
        .map(files -> " (CSV has numbers with options { header = true, inferSchema = true })")
        .orElse("");
  }

  /** The place of a column in {@link #rows}, which contain it from now on. */
  int select(String column) {
    int index = selected.indexOf(column);
    if (index >= 0) {
      return index;
    }
    selected.add(column);
    return selected.size() - 1;
  }

  /** The rows of the selected columns; what their reader throws becomes a {@link DataException}. */
  JavaRDD<Row> rows() {
    String story = Sources.story(setting, source);
    return selection().toJavaRDD().mapPartitions(rows -> new SourceRows<>(story, rows));
  }

  /**
   * The same rows in Spark's own form, out of which {@link InternalCells} reads numbers without
   * making objects of them. A row is borrowed until the next is asked for.
   *
   * @throws DataException if the source cannot be read: where its plan has shuffles, Spark may run
   *     them now
   */
  JavaRDD<InternalRow> internalRows() {
    String story = Sources.story(setting, source);
    try {
      JavaRDD<InternalRow> rows =
          JavaRDD.fromRDD(
                  selection().queryExecution().toRdd(),
                  ClassTag$.MODULE$.<InternalRow>apply(InternalRow.class))
              .mapPartitions(part -> new SourceRows<>(story, part));
      // Files are listed here, where a failure is told in words, and not in the first job.
      rows.getNumPartitions();
      return rows;
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw failed(e);
    }
  }

  /** The types of the columns of {@link #rows}. */
  List<DataType> selectedTypes() {
    return selected.stream().map(types::get).toList();
  }

  /**
   * How many bytes Spark takes the selected columns to have: a guess, huge where it knows nothing.
   *
   * @throws DataException if Spark finds, while it plans, that the source cannot be read
   */
  BigInteger guessedBytes() {
    try {
      return selection().queryExecution().optimizedPlan().stats().sizeInBytes().bigInteger();
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw failed(e);
    }
  }

  /**
   * Looks whether the source's files are still those that were listed when it was opened. Files
   * that came since are no change: {@link #rows} are of the first ones alone.
   *
   * @throws DataException if files are gone, or longer or shorter
   */
  void requireSameFiles() {
    FileListings.Changes since;
    try {
      since = FileListings.since(data);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw failed(e);
    }
    List<String> changed = since.changed();
    if (!changed.isEmpty()) {
      String others =
          changed.size() == 1 ? "" : "; and %,d more files changed".formatted(changed.size() - 1);
      throw new DataException(
          List.of(
              "%s: the data changed while it was read: %s%s"
                  .formatted(setting, changed.get(0), others)));
    }
    if (since.more() > 0) {
      LOG.warn(
          "{}: {} more files are there than when the run began; it goes on without them",
          setting,
          since.more());
    }
  }

  /** What the failure of a job that reads it means. */
  RuntimeException failed(Exception failure) {
    return Sources.failed(Sources.story(setting, source), watch, failure);
  }

  private Dataset<Row> selection() {
    return data.select(selected.stream().map(SourceTable::column).toArray(Column[]::new));
  }

  static Column column(String name) {
    return functions.col("`" + name.replace("`", "``") + "`");
  }

  /**
   * Some row of the selected columns in which none of {@code columns} is null, nor an empty array;
   * empty if there is none.
   *
   * @throws DataException if the source cannot be read
   */
  Optional<Row> sample(Map<String, ColumnType> columns) {
    Column sound = functions.lit(true);
    for (Map.Entry<String, ColumnType> entry : columns.entrySet()) {
      Column column = column(entry.getKey());
      sound = sound.and(column.isNotNull());
      if (entry.getValue() == ColumnType.NESTED) {
        sound = sound.and(functions.size(column).gt(0));
      }
    }
    try {
      return selection().filter(sound).takeAsList(1).stream().findFirst();
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw failed(e);
    }
  }
}
