/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Function;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.storage.RDDInfo;
import scala.collection.JavaConverters;

/**
 * Ends a job as soon as one of its tasks has failed because of the data. Without it Spark would try
 * the task three more times, blame the executor, and then wait two minutes for another one.
 *
 * <p>It watches all jobs started by the thread that opened it, until it is closed. This includes
 * the jobs that Spark itself starts to list files, to find a schema or to shuffle. Barrier stages
 * are not watched, because Spark runs them only once and the ranks report what went wrong there.
 *
 * <p>Opened and closed by whoever reads, on one thread.
 *
 * <p>Threading: Spark's listener thread feeds it, any thread reads; one lock guards all.
 */
public final class ReadingWatch extends SparkListener implements AutoCloseable {
  private static final String PROPERTY = "cairn.reading";

  private final SparkContext spark;
  private final String id = UUID.randomUUID().toString();
  private final String before;
  private final Map<Integer, Integer> jobs = new HashMap<>();
  private Optional<Function<String, DataException>> found = Optional.empty();

  private ReadingWatch(SparkContext spark) {
    this.spark = spark;
    this.before = spark.getLocalProperty(PROPERTY);
  }

  /** Watches what this thread starts from now on. */
  public static ReadingWatch open(SparkContext spark) {
    ReadingWatch watch = new ReadingWatch(spark);
    spark.setLocalProperty(PROPERTY, watch.id);
    spark.addSparkListener(watch);
    return watch;
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart job) {
    Properties properties = job.properties();
    if (properties != null && id.equals(properties.getProperty(PROPERTY))) {
      for (StageInfo stage : JavaConverters.seqAsJavaList(job.stageInfos())) {
        if (!isBarrier(stage)) {
          jobs.put(stage.stageId(), job.jobId());
        }
      }
    }
  }

  private static boolean isBarrier(StageInfo stage) {
    return JavaConverters.seqAsJavaList(stage.rddInfos()).stream().anyMatch(RDDInfo::isBarrier);
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
    Integer job = jobs.get(end.stageId());
    if (job != null && found.isEmpty() && end.reason() instanceof ExceptionFailure thrown) {
      found = meaning(thrown);
      found.ifPresent(data -> spark.cancelJob(job, "because its data cannot be read"));
    }
  }

  /** Empty for a machine's failure. */
  private static Optional<Function<String, DataException>> meaning(ExceptionFailure thrown) {
    if (thrown.className().equals(DataException.class.getName())) {
      return Optional.of(story -> new DataException(List.of(thrown.description())));
    }
    Optional<ReaderFault> fault =
        thrown.exception().isDefined()
            ? ReaderFault.of(thrown.exception().get())
            : ReaderFault.of(Objects.requireNonNullElse(thrown.fullStackTrace(), ""));
    return fault.map(cause -> story -> cause.inWords(story, null));
  }

  /**
   * Why a job was ended, if one was.
   *
   * @param story what the sentence begins with, unless the task has said it
   */
  public synchronized Optional<DataException> failure(String story) {
    return found.map(data -> data.apply(story));
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
    spark.setLocalProperty(PROPERTY, before);
  }
}
