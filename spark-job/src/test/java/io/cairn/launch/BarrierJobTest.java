/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.source.SparkFixture;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whenever a barrier job is cancelled, it ends. */
@Tag("spark")
class BarrierJobTest {

  private static final AtomicInteger RANKS = new AtomicInteger();

  private final JavaSparkContext spark =
      JavaSparkContext.fromSparkContext(SparkFixture.spark().sparkContext());

  @BeforeEach
  void nobodyHasRun() {
    RANKS.set(0);
  }

  @Test
  void ranksGiveTheirResultsInOrder() throws Exception {
    assertThat(run(new BarrierJob(spark, "whole", "a test"), 2)).containsExactly("done", "done");
    assertThat(RANKS).hasValue(2);
  }

  @Test
  void jobThatIsCancelledBeforeItIsSubmittedDoesNotBegin() {
    BarrierJob job = new BarrierJob(spark, "before", "a test");
    job.cancel();
    assertThatThrownBy(() -> run(job, 2))
        .isInstanceOf(SparkException.class)
        .hasMessageContaining("cancelled before its job began");
    assertThat(RANKS).hasValue(0);
  }

  /** Spark looks for more executors again and again, and knows of no job meanwhile. */
  @Test
  void jobThatIsCancelledWhileItWaitsForExecutorsEnds() {
    BarrierJob job = new BarrierJob(spark, "waiting", "a test");
    CompletableFuture<List<String>> ended = new CompletableFuture<>();
    Thread waiting =
        new Thread(
            () -> {
              try {
                ended.complete(run(job, 50));
              } catch (Exception e) {
                ended.completeExceptionally(e);
              }
            });
    waiting.start();
    while (waiting.getState() != Thread.State.TIMED_WAITING
        && waiting.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    job.cancel();
    assertThat(ended)
        .failsWithin(10, TimeUnit.SECONDS)
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("cancelled before its job began");
    assertThat(RANKS).hasValue(0);
  }

  private List<String> run(BarrierJob job, int ranks) throws Exception {
    JavaRDD<byte[]> examples = spark.parallelize(Collections.nCopies(ranks, new byte[1]), ranks);
    return job.run(
        examples,
        examples,
        (train, validation) -> {
          RANKS.incrementAndGet();
          return List.of("done").iterator();
        });
  }
}
