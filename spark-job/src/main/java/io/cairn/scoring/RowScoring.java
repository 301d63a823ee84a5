/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Adds a model's outputs to the rows of a data frame, in any Spark session: whatever its serializer
 * and master, in batches or streams. Nothing runs until the result is used; nothing is shuffled,
 * and rows stay where they are.
 *
 * <p>Threading: the driver's thread.
 */
public final class RowScoring {

  private RowScoring() {}

  /**
   * A data frame with outputs.
   *
   * @param rows the data frame, computed each time that the result is
   * @param counts of what is scored, as the result is computed
   */
  public record Scored(Dataset<Row> rows, RowCounts counts) {}

  /**
   * The columns of the result.
   *
   * @throws IllegalArgumentException if the input has a column of an output's name
   */
  public static StructType schema(
      StructType input, List<OutputMeaning> outputs, List<OutputColumn> columns) {
    Set<String> taken =
        Arrays.stream(input.fieldNames())
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    StructType schema = input;
    for (OutputColumn column : columns) {
      if (!taken.add(column.name().toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "the data has a column '%s' already, as the output would be called"
                .formatted(column.name()));
      }
      // Rows that cannot be scored may be kept.
      schema = schema.add(column.name(), column.type(outputs.get(column.output())), true);
    }
    return schema;
  }

  /**
   * The rows with the outputs behind their columns.
   *
   * @param rows those that the specification was made for
   */
  public static Scored score(Dataset<Row> rows, ScoringSpec spec) {
    StructType schema = schema(rows.schema(), spec.outputs(), spec.columns());
    RowCounts counts = RowCounts.in(rows.sparkSession().sparkContext());
    Dataset<Row> scored = rows.mapPartitions(new Task(spec, counts), Encoders.row(schema));
    return new Scored(withMetadata(scored, schema), counts);
  }

  /** Encoders drop what columns say of themselves, such as the names in a vector. */
  private static Dataset<Row> withMetadata(Dataset<Row> scored, StructType schema) {
    if (Arrays.stream(schema.fields()).allMatch(field -> field.metadata().json().equals("{}"))) {
      return scored;
    }
    List<Column> columns = new ArrayList<>();
    for (StructField field : schema.fields()) {
      Column column = functions.col("`" + field.name().replace("`", "``") + "`");
      columns.add(column.as(field.name(), field.metadata()));
    }
    return scored.select(columns.toArray(new Column[0]));
  }

  private record Task(ScoringSpec spec, RowCounts counts)
      implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1L;

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      return new ScoredRows(spec, counts, rows);
    }
  }
}
