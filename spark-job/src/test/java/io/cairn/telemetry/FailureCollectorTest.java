/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import io.cairn.data.source.SparkFixture;
import java.time.Duration;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import scala.Tuple2;

/** What is heard of real jobs; a stage of tasks after a shuffle stands for the ranks. */
@Tag("spark")
class FailureCollectorTest {

  private static final Duration GRACE = Duration.ofSeconds(20);

  private final SparkContext spark = SparkFixture.spark().sparkContext();
  private final JavaSparkContext java = JavaSparkContext.fromSparkContext(spark);
  private final FailureCollector failures = new FailureCollector("ranks", error -> false);

  @BeforeEach
  void listen() {
    spark.addSparkListener(failures);
    java.sc().addJobTag("ranks");
  }

  @AfterEach
  void leave() {
    java.sc().removeJobTag("ranks");
    spark.removeSparkListener(failures);
  }

  @Test
  void lossOfAnIdleExecutorDoesNotHideWhyARankFailed() throws Exception {
    fail(
        dealt(number -> number)
            .map(
                number -> {
                  throw new IllegalStateException("the true cause");
                }));
    failures.onExecutorRemoved(new SparkListenerExecutorRemoved(0, "spare", "scaled down"));
    FailureReport report = failures.report(GRACE);
    assertThat(report.firstCause().orElseThrow().message()).isEqualTo("the true cause");
    assertThat(report.failures())
        .extracting(TaskFailure::describe)
        .contains(
            "an idle executor (executor spare on an unknown host): executor lost: scaled down");
  }

  @Test
  void executorWhoseRankIsOverIsIdle() throws Exception {
    fail(
        dealt(number -> number)
            .map(
                number -> {
                  throw new IllegalStateException("the true cause");
                }));
    assertThat(failures.stillRunning(GRACE)).isEmpty();
    // In this process all tasks are the driver's.
    failures.onExecutorRemoved(new SparkListenerExecutorRemoved(0, "driver", "told to end"));
    assertThat(failures.report(GRACE).firstCause().orElseThrow().message())
        .isEqualTo("the true cause");
  }

  @Test
  void whatEndsTheJobWhileDataAreDealtIsTheCause() throws Exception {
    fail(
        dealt(
            number -> {
              throw new DataException(List.of("the data changed"));
            }));
    TaskFailure cause = failures.report(GRACE).firstCause().orElseThrow();
    assertThat(cause.errorClass()).isEqualTo(DataException.class.getName());
    assertThat(cause.describe())
        .startsWith("a task that deals the data (executor driver on ")
        .endsWith("): the data changed");
  }

  private static void fail(JavaRDD<Integer> ranks) {
    assertThatThrownBy(ranks::collect).hasMessageContaining("Job aborted due to stage failure");
  }

  private JavaRDD<Integer> dealt(
      org.apache.spark.api.java.function.Function<Integer, Integer> deal) {
    JavaPairRDD<Integer, Integer> pairs =
        java.parallelize(List.of(1, 2, 3), 2)
            .mapToPair(number -> new Tuple2<>(deal.call(number), number));
    return pairs.groupByKey(2).map(Tuple2::_1);
  }
}
