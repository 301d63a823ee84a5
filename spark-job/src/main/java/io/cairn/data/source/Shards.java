/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import scala.Tuple2;

/**
 * The second pass over a source: sends every record to its rank.
 *
 * <p>Threading: the driver's thread.
 */
final class Shards {
  private Shards() {}

  /** Which side of the split the records are on. */
  enum Side {
    TRAIN,
    HELD_OUT
  }

  /** An RDD of one partition a rank: its records, unscaled, in hash order. Nothing runs yet. */
  static JavaRDD<byte[]> of(
      SourceTable table,
      ExampleEncoder encoder,
      Ownership ownership,
      Side side,
      ShardAssigner deal,
      int workers) {
    return OwnSerializer.sortedKeys(
            table
                .rows()
                .mapPartitionsToPair(rows -> new Keying(rows, encoder, ownership, side, deal)),
            new RankPartitioner(workers),
            new KeyedRecord.Order())
        .mapPartitionsWithIndex(deal::owned, false);
  }

  /**
   * The first records of a side, unscaled; fewer if there are fewer.
   *
   * @throws DataException if the source cannot be read
   */
  static List<byte[]> first(
      SourceTable table, ExampleEncoder encoder, Ownership ownership, Side side, int count) {
    try {
      return table
          .rows()
          .flatMap(
              row ->
                  encoder
                      .encode(row, new ProblemCounts())
                      .filter(record -> ownership.isHeldOut(record) == (side == Side.HELD_OUT))
                      .stream()
                      .iterator())
          .take(count);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw table.failed(e);
    }
  }

  /** Sends a record to the partition of its rank. */
  private static final class RankPartitioner extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int ranks;

    RankPartitioner(int ranks) {
      this.ranks = ranks;
    }

    @Override
    public int numPartitions() {
      return ranks;
    }

    @Override
    public int getPartition(Object key) {
      return ((KeyedRecord) key).rank();
    }
  }

  /** Encodes rows and names the ranks of each record: nearly always one. */
  private static final class Keying implements Iterator<Tuple2<KeyedRecord, Byte>> {
    private static final Byte NOTHING = 0;

    private final Iterator<Row> rows;
    private final ExampleEncoder encoder;
    private final Ownership ownership;
    private final Side side;
    private final ShardAssigner deal;
    private final ProblemCounts problems = new ProblemCounts();
    private final List<KeyedRecord> ready = new ArrayList<>();

    Keying(
        Iterator<Row> rows,
        ExampleEncoder encoder,
        Ownership ownership,
        Side side,
        ShardAssigner deal) {
      this.rows = rows;
      this.encoder = encoder;
      this.ownership = ownership;
      this.side = side;
      this.deal = deal;
    }

    @Override
    public boolean hasNext() {
      while (ready.isEmpty() && rows.hasNext()) {
        deal(rows.next());
      }
      return !ready.isEmpty();
    }

    @Override
    public Tuple2<KeyedRecord, Byte> next() {
      if (!hasNext()) {
        throw new java.util.NoSuchElementException();
      }
      return new Tuple2<>(ready.remove(ready.size() - 1), NOTHING);
    }

    private void deal(Row row) {
      Optional<byte[]> record = encoder.encode(row, problems);
      if (record.isEmpty()) {
        throw deal.changed(String.join("; ", problems.sentences(1)) + ", which was not so");
      }
      if (ownership.isHeldOut(record.get()) != (side == Side.HELD_OUT)) {
        return;
      }
      long hash = ownership.hash(record.get());
      for (int rank = deal.firstRank(hash); rank <= deal.lastRank(hash); rank++) {
        ready.add(new KeyedRecord(rank, hash, record.get()));
      }
    }
  }
}
