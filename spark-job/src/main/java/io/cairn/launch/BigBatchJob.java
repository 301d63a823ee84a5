/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.RankCourse;
import io.cairn.data.RankSampler;
import io.cairn.worker.BigBatch;
import io.cairn.worker.BigBatchOrder;
import io.cairn.worker.BigBatchReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.resource.ResourceInformation;
import scala.Tuple2;

/**
 * The Spark job in which one worker makes a run's updates once more. Each shard's task picks the
 * examples that its rank brings to the updates; only those travel to the one worker, in the order
 * of training.
 *
 * <p>Threading: the driver's thread.
 */
final class BigBatchJob {

  private static final String GPU = "gpu";

  private BigBatchJob() {}

  /**
   * Runs it.
   *
   * @param shards unscaled training records, partition n of rank n
   */
  static BigBatchReport run(JavaRDD<byte[]> shards, BigBatchOrder order) {
    JavaRDD<Tuple2<Long, byte[]>> picked =
        shards.mapPartitionsWithIndex(
            (rank, records) -> new Picked(records, places(order, rank)), false);
    List<String> lines =
        JavaPairRDD.fromJavaRDD(picked)
            .repartitionAndSortWithinPartitions(new HashPartitioner(1))
            .values()
            .mapPartitions(records -> task(order, records))
            .collect();
    return BigBatchReport.read(lines.get(0));
  }

  private static Iterator<String> task(BigBatchOrder order, Iterator<byte[]> records)
      throws Exception {
    ResourceInformation gpus = TaskContext.get().resourcesJMap().get(GPU);
    Optional<String> gpu =
        gpus == null || gpus.addresses().length == 0
            ? Optional.empty()
            : Optional.of(gpus.addresses()[0]);
    return BigBatch.run(
        order,
        records,
        gpu,
        SparkEnv.get().blockManager().diskBlockManager().localDirs()[0].toPath());
  }

  /** Where in the order of all updates each example of a shard stands, however often. */
  private static Map<Integer, List<Long>> places(BigBatchOrder order, int rank) {
    RankSampler course = order.course(rank);
    int size = Math.toIntExact(course.shard().size());
    Map<Integer, List<Long>> places = new HashMap<>();
    long update = 0;
    for (RankCourse.Share share : RankCourse.of(course, size)) {
      long first = (update * order.plan().workers() + rank) << Integer.SIZE;
      for (int i = 0; i < share.examples().size(); i++) {
        places.computeIfAbsent(share.examples().get(i), it -> new ArrayList<>()).add(first + i);
      }
      update++;
    }
    return places;
  }

  /** A shard's records that have a place, each as often as it has one. */
  private static final class Picked implements Iterator<Tuple2<Long, byte[]>> {
    private final Iterator<byte[]> records;
    private final Map<Integer, List<Long>> places;
    private Iterator<Long> of = List.<Long>of().iterator();
    private byte[] record;
    private int example;

    Picked(Iterator<byte[]> records, Map<Integer, List<Long>> places) {
      this.records = records;
      this.places = places;
    }

    @Override
    public boolean hasNext() {
      while (!of.hasNext() && records.hasNext()) {
        byte[] next = records.next();
        of = places.getOrDefault(example, List.of()).iterator();
        record = of.hasNext() ? next.clone() : record;
        example++;
      }
      return of.hasNext();
    }

    @Override
    public Tuple2<Long, byte[]> next() {
      if (!hasNext()) {
        throw new java.util.NoSuchElementException();
      }
      return new Tuple2<>(of.next(), record);
    }
  }
}
