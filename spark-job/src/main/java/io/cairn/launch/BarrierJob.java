/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * One attempt's Spark job: as many tasks as shards, all at once or none, each with the training and
 * validation examples of its rank.
 *
 * <p>It is a result stage on purpose: Spark never retries a failed one, and whether to try again is
 * the supervisor's to decide.
 *
 * <p>Threading: {@link #run} blocks its caller, {@link #cancel} may come from any thread. A failure
 * is Spark's exception, which tells what Spark heard first, not what happened first.
 */
final class BarrierJob {

  private static final ClassTag<byte[]> BYTES = ClassTag$.MODULE$.apply(byte[].class);

  private final JavaSparkContext spark;
  private final String group;
  private final String description;

  /**
   * @param group job group by which the job is found, and cancelled
   * @param description what the Spark UI shows
   */
  BarrierJob(JavaSparkContext spark, String group, String description) {
    this.spark = spark;
    this.group = group;
    this.description = description;
  }

  /**
   * Runs the ranks and waits for them.
   *
   * @param train encoded training examples, partition n for rank n
   * @param validation encoded validation examples, as many partitions
   * @return the ranks' results in the order of ranks
   * @throws SparkException if the job failed or was cancelled
   */
  List<String> run(JavaRDD<byte[]> train, JavaRDD<byte[]> validation, RankTask task)
      throws SparkException {
    if (train.getNumPartitions() != validation.getNumPartitions()) {
      throw new IllegalArgumentException(
          "%d training shards but %d validation shards"
              .formatted(train.getNumPartitions(), validation.getNumPartitions()));
    }
    RDD<byte[]> barrier = train.rdd().barrier().mapPartitions(new Same(), false, BYTES);
    spark.setJobGroup(group, description, true);
    try {
      return JavaRDD.fromRDD(barrier, BYTES).zipPartitions(validation, task::run).collect();
    } catch (Exception e) {
      // Scala throws checked exceptions that no Java signature shows.
      if (e instanceof SparkException failed) {
        throw failed;
      }
      throw e;
    } finally {
      spark.clearJobGroup();
    }
  }

  /** Cancels the job; its tasks are interrupted. */
  void cancel() {
    spark.cancelJobGroup(group);
  }

  /** Marks the stage as a barrier stage and changes nothing. */
  private static final class Same extends AbstractFunction1<Iterator<byte[]>, Iterator<byte[]>>
      implements Serializable {

    private static final long serialVersionUID = 1L;

    @Override
    public Iterator<byte[]> apply(Iterator<byte[]> examples) {
      return examples;
    }
  }
}
