/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.ModelDemand;
import io.cairn.settings.DataSettings;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;

/**
 * The rows of a source as examples with labels, those of training or those held out: what a model
 * is measured on.
 *
 * <p>Threading: the driver's thread; {@link Records} travels to tasks.
 *
 * @param rows of the columns that examples are made of
 * @param records makes examples of them
 */
public record LabelledRows(JavaRDD<Row> rows, Records records) {

  /** Which rows are meant. */
  public enum Side {
    /** All rows. */
    ALL,
    /** Those that {@code data.validation.fraction} holds out. */
    HELD_OUT
  }

  /**
   * Finds inputs, labels and weights in a source that is open.
   *
   * @param settings of the data that the model was trained on
   * @param seed the run's, by which examples are held out
   * @throws DataException naming the columns that are missing or do not fit
   */
  public static LabelledRows of(
      Reading reading,
      DataSettings settings,
      ElementKind kind,
      ModelDemand demand,
      List<OptionalLong> widths,
      Side side,
      long seed) {
    SourceTable table = reading.table();
    List<FieldColumns> fields = Layouts.scored(table, settings, settings.outputs(), demand, widths);
    List<String> problems = new ArrayList<>();
    Optional<SourceColumn> weight = Layouts.weight(table, settings.weight(), problems);
    table.reportUnusable(problems);
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
    // The record that examples are held out by is that of the training, weight and all.
    ExampleLayout.Weights weights =
        settings.isWeighted() ? ExampleLayout.Weights.RECORDED : ExampleLayout.Weights.NONE;
    ExampleLayout layout = Layouts.layout(kind, fields, weights);
    double fraction = side == Side.HELD_OUT ? settings.validationFraction().orElse(0) : 0;
    return new LabelledRows(
        table.rows(),
        new Records(
            layout,
            new ExampleEncoder(layout, fields, weight),
            new Ownership(seed, fraction),
            side));
  }

  /**
   * Makes examples of rows.
   *
   * <p>Threading: immutable, safe everywhere.
   */
  public static final class Records implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ExampleLayout layout;
    private final ExampleEncoder encoder;
    private final Ownership ownership;
    private final Side side;

    private Records(ExampleLayout layout, ExampleEncoder encoder, Ownership ownership, Side side) {
      this.layout = layout;
      this.encoder = encoder;
      this.ownership = ownership;
      this.side = side;
    }

    /** What stands in a record. */
    public ExampleLayout layout() {
      return layout;
    }

    /**
     * The record of a row; empty if the row is not meant, or something is wrong with it, which is
     * then counted.
     */
    public Optional<byte[]> of(Row row, RowProblems problems) {
      return encoder
          .encode(row, problems.counts())
          .filter(record -> side == Side.ALL || ownership.isHeldOut(record));
    }
  }
}
