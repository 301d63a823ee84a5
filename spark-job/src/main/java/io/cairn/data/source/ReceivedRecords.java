/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.Dependency;
import org.apache.spark.Partition;
import org.apache.spark.ShuffleDependency;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.shuffle.ShuffleReader;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;

/**
 * Some of a shuffle's partitions, that follow each other. So one shuffle serves several RDDs, each
 * of a partition a rank, which a barrier stage asks for: Spark's own RDD of a shuffle has all of
 * its partitions, and one that leaves some out ({@code PartitionPruningRDD}) is refused there.
 *
 * <p>It has no preferred locations. Every rank reads from everywhere, so that none is nearer to its
 * records than another, and a barrier stage should not wait for one.
 *
 * <p>Threading: as an RDD's.
 */
final class ReceivedRecords extends RDD<KeyedRecord> {
  private static final long serialVersionUID = 1L;

  private final int first;
  private final int count;

  /**
   * @param sent the shuffle, whose keys are the records
   * @param first of its partitions
   */
  ReceivedRecords(
      SparkContext spark, ShuffleDependency<KeyedRecord, Byte, Byte> sent, int first, int count) {
    super(
        spark,
        JavaConverters.<Dependency<?>>asScalaBuffer(List.<Dependency<?>>of(sent)).toList(),
        ClassTag$.MODULE$.<KeyedRecord>apply(KeyedRecord.class));
    this.first = first;
    this.count = count;
  }

  /** Partition {@code index} of this RDD. */
  private record Place(int index) implements Partition {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public Partition[] getPartitions() {
    return IntStream.range(0, count).mapToObj(Place::new).toArray(Partition[]::new);
  }

  @Override
  @SuppressWarnings("unchecked") // The dependency that it was made with.
  public Iterator<KeyedRecord> compute(Partition split, TaskContext context) {
    ShuffleDependency<KeyedRecord, Byte, Byte> sent =
        (ShuffleDependency<KeyedRecord, Byte, Byte>) dependencies().head();
    int partition = first + split.index();
    ShuffleReader<KeyedRecord, Byte> reader =
        SparkEnv.get()
            .shuffleManager()
            .getReader(
                sent.shuffleHandle(),
                partition,
                partition + 1,
                context,
                context.taskMetrics().createTempShuffleReadMetrics());
    return reader.read().map(pair -> pair._1());
  }
}
