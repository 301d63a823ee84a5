/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.io.Serializable;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
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
 * <p>Used once. Threading: {@link #run} blocks its caller, {@link #cancel} may come from any thread
 * and at any time. A failure is Spark's exception, which tells what Spark heard first, not what
 * happened first.
 */
final class BarrierJob {

  private static final ClassTag<byte[]> BYTES = ClassTag$.MODULE$.apply(byte[].class);

  private static final String TAGS_PROPERTY = "spark.job.tags";
  private static final String GROUP_PROPERTY = "spark.jobGroup.id";
  private static final String DESCRIPTION_PROPERTY = "spark.job.description";
  private static final long LOOK_EVERY_MS = 250;

  private final JavaSparkContext spark;
  private final String tag;
  private final String description;
  private final Start start = new Start();
  private volatile boolean cancelled;

  /**
   * @param tag by which the job is found, and cancelled; its group may be the program's
   * @param description what the Spark UI shows
   */
  BarrierJob(JavaSparkContext spark, String tag, String description) {
    this.spark = spark;
    this.tag = tag;
    this.description = description;
  }

  /**
   * Runs the ranks and waits for them.
   *
   * @param train encoded training examples, partition n for rank n
   * @param validation encoded validation examples, as many partitions
   * @return the ranks' results in the order of ranks
   * @throws SparkException if the job failed or was cancelled, be it before it began
   */
  List<String> run(JavaRDD<byte[]> train, JavaRDD<byte[]> validation, RankTask task)
      throws SparkException, InterruptedException {
    if (train.getNumPartitions() != validation.getNumPartitions()) {
      throw new IllegalArgumentException(
          "%d training shards but %d validation shards"
              .formatted(train.getNumPartitions(), validation.getNumPartitions()));
    }
    RDD<byte[]> barrier = train.rdd().barrier().mapPartitions(new Same(), false, BYTES);
    if (cancelled) {
      throw cancelledBeforeItBegan();
    }
    spark.sc().addSparkListener(start);
    String described = spark.getLocalProperty(DESCRIPTION_PROPERTY);
    boolean inGroup = spark.getLocalProperty(GROUP_PROPERTY) != null;
    if (!inGroup) {
      spark.setJobGroup(tag, description);
    }
    spark.sc().addJobTag(tag);
    spark.sc().setInterruptOnCancel(true);
    spark.setLocalProperty(DESCRIPTION_PROPERTY, description);
    try {
      return awaited(
          JavaRDD.fromRDD(barrier, BYTES).zipPartitions(validation, task::run).collectAsync());
    } finally {
      spark.sc().removeJobTag(tag);
      if (!inGroup) {
        spark.clearJobGroup();
      }
      spark.setLocalProperty(DESCRIPTION_PROPERTY, described);
    }
  }

  /** Whether a job carries a tag. */
  static boolean carries(Properties job, String tag) {
    String tags = job == null ? null : job.getProperty(TAGS_PROPERTY);
    return tags != null && List.of(tags.split(",")).contains(tag);
  }

  /**
   * Spark takes a job some time after it was submitted, and one that finds too few executors again
   * and again until there are enough; until then it can be cancelled by nobody, and is left alone.
   */
  private List<String> awaited(Future<List<String>> job)
      throws SparkException, InterruptedException {
    while (true) {
      try {
        List<String> results = job.get(LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
        spark.sc().removeSparkListener(start);
        return results;
      } catch (TimeoutException notYet) {
        if (cancelled && !start.seen) {
          throw cancelledBeforeItBegan();
        }
      } catch (ExecutionException e) {
        spark.sc().removeSparkListener(start);
        if (e.getCause() instanceof SparkException failed) {
          throw failed;
        }
        throw new SparkException("job " + tag + ": " + e.getCause(), e.getCause());
      }
    }
  }

  private SparkException cancelledBeforeItBegan() {
    return new SparkException("job " + tag + " was cancelled before its job began");
  }

  /**
   * Cancels the job; its tasks are interrupted. One that has not begun does not begin any more, or
   * is cancelled when it does.
   */
  void cancel() {
    cancelled = true;
    spark.sc().cancelJobsWithTag(tag);
  }

  /** Hears that the job has begun. Stays with Spark where {@link #run} has not waited for that. */
  private final class Start extends SparkListener {

    private volatile boolean seen;

    @Override
    public void onJobStart(SparkListenerJobStart job) {
      if (carries(job.properties(), tag)) {
        seen = true;
        if (cancelled) {
          spark.sc().cancelJobsWithTag(tag);
          spark.sc().removeSparkListener(this);
        }
      }
    }
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
