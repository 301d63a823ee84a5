/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.ModelDemand;
import io.cairn.settings.DataSettings;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Makes records of the rows of a data frame: of their inputs alone, in all columns that the rows
 * have, so that rows can be scored and passed on.
 *
 * <p>Threading: immutable, safe everywhere. Travels in Spark's task closure.
 */
public final class RowRecords implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ExampleLayout layout;
  private final ExampleEncoder encoder;

  private RowRecords(ExampleLayout layout, ExampleEncoder encoder) {
    this.layout = layout;
    this.encoder = encoder;
  }

  /** What became of a row. */
  public sealed interface Encoded {
    /**
     * A record.
     *
     * @param record in an array of its own
     */
    record Sound(byte[] record) implements Encoded {}

    /**
     * A row that no record can be made of.
     *
     * @param problems a sentence for each
     */
    record Unsound(List<String> problems) implements Encoded {
      public Unsound {
        problems = List.copyOf(problems);
      }
    }
  }

  /**
   * Finds the inputs in the rows of a data frame. Nothing of it is read, but for one row where a
   * column holds arrays whose length neither settings nor model say.
   *
   * @param rows whose columns are meant
   * @param called what to call them in messages
   * @param settings of the data that the model was trained on; its labels need not be there
   * @param widths how many values the model takes of each input, or of each of its time steps,
   *     where it says so
   * @throws DataException naming the columns that are missing or do not fit
   */
  public static RowRecords of(
      Dataset<Row> rows,
      String called,
      DataSettings settings,
      ElementKind kind,
      ModelDemand demand,
      List<OptionalLong> widths) {
    SourceSettings named =
        new SourceSettings(new SourcePlace.Table(called), Optional.empty(), Map.of());
    try (ReadingWatch watch = ReadingWatch.open(rows.sparkSession().sparkContext())) {
      SourceTable table = new SourceTable(rows, watch, called, named);
      for (String column : rows.schema().fieldNames()) {
        // So that a column's place is that in the rows.
        table.select(column);
      }
      List<FieldColumns> fields =
          new ArrayList<>(Layouts.scored(table, settings, List.of(), demand, widths));
      for (int i = 0; i < fields.size(); i++) {
        Field field = fields.get(i).field();
        OptionalLong indices = demand.indices().get(i);
        if (indices.isPresent() && field.encoding() instanceof Encoding.Values) {
          fields.set(i, fields.get(i).withIndices(indices.getAsLong()));
        }
      }
      ExampleLayout layout = Layouts.layout(kind, fields, ExampleLayout.Weights.NONE);
      return new RowRecords(layout, new ExampleEncoder(layout, fields, Optional.empty()));
    }
  }

  /** What stands in a record. */
  public ExampleLayout layout() {
    return layout;
  }

  /** The record of a row, or what is wrong with it. */
  public Encoded encode(Row row) {
    ProblemCounts problems = new ProblemCounts();
    return encoder
        .encode(row, problems)
        .<Encoded>map(Encoded.Sound::new)
        .orElseGet(() -> new Encoded.Unsound(problems.ofOneExample()));
  }
}
