/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.source.Shards.Side;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import scala.Tuple2;

/**
 * What a task of a deal does with the rows of its partition: encodes them, names the places that
 * each record is sent to (nearly always one), and counts them where nobody has.
 *
 * <p>The places of the training shards come first, by rank, then those of what is held out, then
 * that of the counts.
 *
 * <p>Threading: immutable, safe everywhere; an iterator belongs to its task's thread.
 *
 * @param types of a row's columns
 * @param addressing of each {@link Side}
 * @param counted knows the counts; none: they are to be found out
 */
record Keying(
    List<DataType> types,
    ExampleEncoder encoder,
    SurveyPlan plan,
    List<Addressing> addressing,
    int workers,
    List<ShardAssigner> counted)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Byte NOTHING = 0;

  Keying {
    types = List.copyOf(types);
    addressing = List.copyOf(addressing);
    counted = List.copyOf(counted);
  }

  /** Where the counts go. */
  int surveyPlace() {
    return Side.values().length * workers;
  }

  Iterator<Tuple2<KeyedRecord, Byte>> of(Iterator<InternalRow> rows) {
    return new Keyed(rows);
  }

  private final class Keyed implements Iterator<Tuple2<KeyedRecord, Byte>> {
    private final Iterator<InternalRow> rows;
    private final InternalCells cells = new InternalCells(types);
    private final PartitionSurvey survey;
    private final ArrayDeque<KeyedRecord> ready = new ArrayDeque<>();
    private boolean surveyed;

    Keyed(Iterator<InternalRow> rows) {
      this.rows = rows;
      this.survey = new PartitionSurvey(plan);
      this.surveyed = !counted.isEmpty();
    }

    @Override
    public boolean hasNext() {
      while (ready.isEmpty() && rows.hasNext()) {
        key(rows.next());
      }
      if (ready.isEmpty() && !surveyed) {
        surveyed = true;
        int partition = TaskContext.getPartitionId();
        ready.add(new KeyedRecord(surveyPlace(), partition, OwnSerializer.write(survey)));
      }
      return !ready.isEmpty();
    }

    @Override
    public Tuple2<KeyedRecord, Byte> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return new Tuple2<>(ready.remove(), NOTHING);
    }

    private void key(InternalRow row) {
      Optional<byte[]> record = encoder.encode(cells.at(row), survey.problems());
      if (counted.isEmpty()) {
        survey.countRow();
      } else if (record.isEmpty()) {
        throw counted
            .get(0)
            .changed(String.join("; ", survey.problems().sentences(1)) + ", which was not so");
      }
      if (record.isPresent()) {
        send(record.get());
      }
    }

    private void send(byte[] record) {
      long hash = plan.ownership().hash(record);
      Side side = plan.ownership().side(record);
      if (counted.isEmpty()) {
        survey.add(record, hash, side, plan);
      }
      Addressing ranks = addressing.get(side.number());
      int first = side.number() * workers;
      int last = ranks.lastRank(hash);
      for (int rank = ranks.firstRank(hash); rank <= last; rank++) {
        ready.add(new KeyedRecord(first + rank, hash, record));
      }
    }
  }
}
