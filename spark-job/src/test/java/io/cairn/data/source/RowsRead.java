/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/**
 * What Spark's tasks read while this is open.
 *
 * <p>Opened and closed by the test. Threading: Spark's listener thread feeds it.
 */
public final class RowsRead extends SparkListener implements AutoCloseable {
  private static final long DELIVERY_MS = 10_000;

  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong shuffled = new AtomicLong();
  private final AtomicLong jobs = new AtomicLong();
  private final List<String> failures = new CopyOnWriteArrayList<>();

  private RowsRead() {}

  /** Counts from now on. */
  public static RowsRead count() throws Exception {
    delivered();
    RowsRead counting = new RowsRead();
    SparkFixture.spark().sparkContext().addSparkListener(counting);
    return counting;
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.reason() instanceof ExceptionFailure failure) {
      failures.add(failure.description());
    }
    rows.addAndGet(end.taskMetrics().inputMetrics().recordsRead());
    shuffled.addAndGet(end.taskMetrics().shuffleReadMetrics().recordsRead());
  }

  @Override
  public void onJobStart(SparkListenerJobStart start) {
    jobs.incrementAndGet();
  }

  /** What failed tasks have thrown. */
  List<String> failures() throws Exception {
    delivered();
    return failures;
  }

  /** Rows of sources, and pieces of kept shards. */
  public long soFar() throws Exception {
    delivered();
    return rows.get();
  }

  /** Records that were sent from one task to another. */
  public long shuffled() throws Exception {
    delivered();
    return shuffled.get();
  }

  /** Jobs that have begun. */
  public long jobs() throws Exception {
    delivered();
    return jobs.get();
  }

  private static void delivered() throws Exception {
    SparkFixture.spark().sparkContext().listenerBus().waitUntilEmpty(DELIVERY_MS);
  }

  @Override
  public void close() {
    SparkFixture.spark().sparkContext().removeSparkListener(this);
  }
}
