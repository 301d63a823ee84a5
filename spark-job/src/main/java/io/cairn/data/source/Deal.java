/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.source.Shards.Side;
import io.cairn.plan.ShardRange;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.Partitioner;
import org.apache.spark.ShuffleDependency;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.storage.RDDBlockId;
import org.apache.spark.storage.StorageLevel;
import scala.reflect.ClassTag$;

/**
 * A source's records on their way to a number of ranks: one shuffle for both sides of the split.
 * Nothing runs until shards or survey are used, and what has run is not run again. The executors
 * keep the files of the shuffle and, on their disks, the shards that they were given; Spark makes
 * anew what is lost with an executor, and gives a rank the executor that has its shard.
 *
 * <p>Where the records are counted on the way ({@link #counting}), the counts come out of the
 * shuffle, too: they are the records of one more partition, so that they are as exact, and as safe
 * from tasks that run twice, as what they count.
 *
 * <p>Whoever makes it closes it, when no job uses it any more; then the executors' disks are free
 * again.
 *
 * <p>Threading: the driver's thread. Failure: as the jobs that use it.
 */
final class Deal implements AutoCloseable {
  private final JavaSparkContext spark;
  private final ShuffleDependency<KeyedRecord, Byte, Byte> sent;
  private final SurveyPlan plan;
  private final List<Addressing> addressing;
  private final int workers;
  private final int recordBytes;
  private final Map<Side, JavaRDD<byte[]>> kept = new EnumMap<>(Side.class);

  private Deal(SourceTable table, Keying keying, SurveyPlan plan, int workers) {
    JavaRDD<InternalRow> rows = table.internalRows();
    this.spark = JavaSparkContext.fromSparkContext(rows.context());
    this.plan = plan;
    this.addressing = keying.addressing();
    this.workers = workers;
    this.recordBytes = plan.layout().recordBytes();
    this.sent =
        OwnSerializer.sorted(
            rows.mapPartitionsToPair(keying::of),
            new ByPlace(keying.surveyPlace() + 1),
            new KeyedRecord.Order());
  }

  /** Counts on the way, and so does not know yet what each rank owns. */
  static Deal counting(SourceTable table, ExampleEncoder encoder, SurveyPlan plan, int workers) {
    int bits = plan.bucketBits();
    List<Addressing> expected =
        List.of(
            new ExpectedShares(bits, workers, ExpectedShares.OF_MANY),
            new ExpectedShares(bits, workers, ExpectedShares.OF_FEW));
    Keying keying = new Keying(table.selectedTypes(), encoder, plan, expected, workers, List.of());
    return new Deal(table, keying, plan, workers);
  }

  /** Of a source that is surveyed: a record more or less is a source that has changed. */
  static Deal counted(
      SourceTable table,
      ExampleEncoder encoder,
      SurveyPlan plan,
      PartitionSurvey survey,
      int workers) {
    ShardAssigner train = new ShardAssigner(survey.train(), workers, table.setting());
    ShardAssigner heldOut = new ShardAssigner(survey.heldOut(), workers, table.setting());
    Keying keying =
        new Keying(
            table.selectedTypes(), encoder, plan, List.of(train, heldOut), workers, List.of(train));
    return new Deal(table, keying, plan, workers);
  }

  int workers() {
    return workers;
  }

  /** What was counted on the way. Runs the first half of the shuffle. */
  PartitionSurvey survey() {
    SurveyPlan counted = plan;
    byte[] all =
        received(Side.values().length * workers, 1)
            .mapPartitions(parts -> List.of(OwnSerializer.write(merged(parts, counted))).iterator())
            .collect()
            .get(0);
    return OwnSerializer.read(all, PartitionSurvey.class);
  }

  /** They come in the order of the partitions, so that a retry comes to the same bits. */
  private static PartitionSurvey merged(Iterator<KeyedRecord> parts, SurveyPlan plan) {
    PartitionSurvey all = new PartitionSurvey(plan);
    parts.forEachRemaining(
        part -> all.merge(OwnSerializer.read(part.record(), PartitionSurvey.class)));
    return all;
  }

  /** Whether every rank is sent all that it owns. */
  boolean serves(Side side, ShardAssigner owners) {
    return owners.isServedBy(addressing.get(side.number()));
  }

  /** An RDD of one partition a rank: its records of this side, unscaled, in hash order. */
  JavaRDD<byte[]> shards(Side side, ShardAssigner owners) {
    Addressing by = addressing.get(side.number());
    JavaRDD<byte[]> pieces =
        kept.computeIfAbsent(
            side,
            some ->
                received(side.number() * workers, workers)
                    .mapPartitionsWithIndex(
                        (rank, records) -> Pieces.cut(owners.owned(rank, records, by)), false)
                    .setName("cairn: kept shards, " + side)
                    .persist(StorageLevel.DISK_ONLY()));
    int id = pieces.id();
    int bytes = recordBytes;
    int ranks = workers;
    long total = owners.total();
    return pieces.mapPartitionsWithIndex(
        (rank, found) -> {
          long own = new ShardRange(rank, ranks, total).size();
          return new Kept(Pieces.joined(found, bytes, own), id, rank);
        },
        false);
  }

  private JavaRDD<KeyedRecord> received(int first, int count) {
    return JavaRDD.fromRDD(
        new ReceivedRecords(spark.sc(), sent, first, count),
        ClassTag$.MODULE$.<KeyedRecord>apply(KeyedRecord.class));
  }

  @Override
  public void close() {
    SparkContext context = spark.sc();
    if (!context.isStopped()) {
      kept.values().forEach(pieces -> pieces.unpersist(false));
      // This one alone: below it may be shuffles that belong to the program.
      if (context.cleaner().isDefined()) {
        context.cleaner().get().doCleanupShuffle(sent.shuffleId(), false);
      }
    }
    kept.clear();
  }

  /**
   * Records that an executor has kept. If they are damaged, they are kept no longer, so that the
   * next attempt has them dealt again.
   */
  private static final class Kept implements Iterator<byte[]> {
    private final Iterator<byte[]> records;
    private final int rdd;
    private final int rank;

    Kept(Iterator<byte[]> records, int rdd, int rank) {
      this.records = records;
      this.rdd = rdd;
      this.rank = rank;
    }

    @Override
    public boolean hasNext() {
      return records.hasNext();
    }

    @Override
    public byte[] next() {
      try {
        return records.next();
      } catch (Exception e) { // Scala throws checked exceptions without declaring them
        if (TaskContext.get().isInterrupted()) {
          throw Unchecked.of(e);
        }
        // Wherever it is: it goes when this task, which reads it, has ended.
        SparkEnv.get().blockManager().master().removeBlock(new RDDBlockId(rdd, rank));
        throw new IllegalStateException(
            "what was kept of the shard of rank %d cannot be used any more: %s; another attempt deals it again"
                .formatted(rank, e.getMessage()),
            e);
      }
    }
  }

  /** Sends a record to the partition that it names. */
  private static final class ByPlace extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int places;

    ByPlace(int places) {
      this.places = places;
    }

    @Override
    public int numPartitions() {
      return places;
    }

    @Override
    public int getPartition(Object key) {
      return ((KeyedRecord) key).place();
    }
  }
}
