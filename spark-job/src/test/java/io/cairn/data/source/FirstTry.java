/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.TaskContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** A task whose first try fails, and whether there was another. */
public final class FirstTry {

  private FirstTry() {}

  /**
   * Fails in the first try of the first task; a later try waits for its end, and succeeds if none
   * comes.
   */
  public static void failAtFirst(String message) throws InterruptedException {
    TaskContext task = TaskContext.get();
    if (task.partitionId() > 0) {
      return;
    }
    if (task.attemptNumber() == 0) {
      throw new IllegalStateException(message);
    }
    CountDownLatch never = new CountDownLatch(1);
    for (int i = 0; i < 200; i++) {
      if (task.isInterrupted() || never.await(100, TimeUnit.MILLISECONDS)) {
        throw new InterruptedException("the task is ended");
      }
    }
  }

  /** Counts tries that failed by themselves. */
  public static final class Failed extends SparkListener {

    private final AtomicInteger tries = new AtomicInteger();

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (end.reason() instanceof ExceptionFailure) {
        tries.incrementAndGet();
      }
    }

    public int tries() {
      return tries.get();
    }
  }
}
