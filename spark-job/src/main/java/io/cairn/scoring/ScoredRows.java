/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.data.DataException;
import io.cairn.data.source.RowRecords.Encoded;
import io.cairn.replica.OutputValues;
import io.cairn.replica.OutputValues.OutputSteps;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The rows of one partition with the model's outputs beside their columns, in their order. Rows are
 * taken until a batch is full, and then all of them go on.
 *
 * <p>Borrows a scorer at the first row that needs it, and gives it back after the last one, or when
 * the task ends however that is.
 *
 * <p>Threading: the task's thread.
 *
 * <p>Failure: a {@link DataException} for a row that cannot be scored, where that is an error.
 */
final class ScoredRows implements Iterator<Row> {

  private final ScoringSpec spec;
  private final RowCounts counts;
  private final Iterator<Row> rows;
  private final List<OutputSteps> steps;
  private final Deque<Row> done = new ArrayDeque<>();

  /** Rows of the batch that is being filled, in order. */
  private final List<Waiting> waiting = new ArrayList<>();

  private final TaskScorer scorer;
  private long taken;

  /**
   * A row that was taken.
   *
   * @param record null of a row that cannot be scored and is kept
   */
  private record Waiting(Row row, byte[] record) {}

  ScoredRows(ScoringSpec spec, RowCounts counts, Iterator<Row> rows) {
    this.spec = spec;
    this.counts = counts;
    this.rows = rows;
    this.steps = spec.outputs().stream().map(OutputMeaning::steps).toList();
    this.scorer = new TaskScorer(spec.model(), spec.rows().layout(), spec.scaling(), spec.batch());
  }

  @Override
  public boolean hasNext() {
    while (done.isEmpty() && rows.hasNext()) {
      fill();
      score();
    }
    if (done.isEmpty()) {
      scorer.close();
    }
    return !done.isEmpty();
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return done.remove();
  }

  private void fill() {
    int sound = 0;
    long unscorable = 0;
    while (sound < spec.batch() && waiting.size() < 2 * spec.batch() && rows.hasNext()) {
      Row row = rows.next();
      taken++;
      Encoded encoded = spec.rows().encode(row);
      if (encoded instanceof Encoded.Sound made) {
        waiting.add(new Waiting(row, made.record()));
        sound++;
      } else {
        unscorable++;
        setAside(row, ((Encoded.Unsound) encoded).problems());
      }
    }
    counts.add(0, unscorable);
  }

  /** A row that cannot be scored. */
  private void setAside(Row row, List<String> problems) {
    switch (spec.onInvalid()) {
      case ERROR -> throw new DataException(List.of(story(problems)));
      case SKIP -> {}
      case KEEP -> waiting.add(new Waiting(row, null));
    }
  }

  private String story(List<String> problems) {
    TaskContext task = TaskContext.get();
    String where = task == null ? "" : " of partition " + task.partitionId();
    return "row %,d%s cannot be scored: %s".formatted(taken, where, String.join("; ", problems));
  }

  private void score() {
    List<OutputValues> values = List.of();
    List<byte[]> records = waiting.stream().map(Waiting::record).filter(Objects::nonNull).toList();
    if (!records.isEmpty()) {
      values = scorer.score(records, steps);
    }
    int example = 0;
    long scored = 0;
    for (Waiting next : waiting) {
      Object[] cells = cells(next.row());
      boolean isScored = next.record() != null && show(values, example, next.record(), cells);
      example += next.record() == null ? 0 : 1;
      scored += isScored ? 1 : 0;
      if (isScored || spec.onInvalid() == OnInvalid.KEEP) {
        done.add(RowFactory.create(cells));
      }
    }
    counts.add(scored, example - scored);
    waiting.clear();
  }

  private Object[] cells(Row row) {
    Object[] cells = new Object[row.size() + spec.columns().size()];
    for (int i = 0; i < row.size(); i++) {
      cells[i] = row.get(i);
    }
    return cells;
  }

  /** Fills in the outputs; leaves them null and returns false if the model computes no number. */
  private boolean show(List<OutputValues> values, int example, byte[] record, Object[] cells) {
    int first = cells.length - spec.columns().size();
    for (int i = 0; i < values.size(); i++) {
      int length = length(values.get(i), record);
      if (!values.get(i).isFinite(example, length)) {
        if (spec.onInvalid() == OnInvalid.ERROR) {
          String output = spec.outputs().get(i).name();
          throw new DataException(
              List.of(
                  "the model computes NaN or infinity in output %s for a row; its parameters or the row's values are out of range"
                      .formatted(output)));
        }
        return false;
      }
    }
    for (int i = 0; i < spec.columns().size(); i++) {
      OutputColumn column = spec.columns().get(i);
      OutputValues of = values.get(column.output());
      OutputMeaning meaning = spec.outputs().get(column.output());
      cells[first + i] = OutputCells.of(column, meaning, of, example, length(of, record));
    }
    return true;
  }

  /** Time steps that an example has in an output: those of the input, where both are as long. */
  private int length(OutputValues of, byte[] record) {
    return spec.rows().layout().steps(record, of.steps()).orElse(of.steps());
  }
}
