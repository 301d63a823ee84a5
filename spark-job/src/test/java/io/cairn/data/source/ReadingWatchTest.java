/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a reader throws ends its job at the first try; what anything else throws is tried again. */
class ReadingWatchTest {
  private final SparkContext spark = SparkFixture.spark().sparkContext();
  private final JavaRDD<Integer> numbers =
      JavaSparkContext.fromSparkContext(spark).parallelize(List.of(1, 2), 2);
  private final FirstTry.Failed failed = new FirstTry.Failed();

  @BeforeEach
  void listen() {
    spark.addSparkListener(failed);
  }

  @AfterEach
  void leave() {
    spark.removeSparkListener(failed);
  }

  @Test
  void theJobIsCancelledAtTheFirstTryAndTheCauseIsTheReaders() {
    try (ReadingWatch watch = ReadingWatch.open(spark)) {
      assertThatThrownBy(
              () ->
                  numbers
                      .map(
                          number -> {
                            FirstTry.failAtFirst("record 7 has no end");
                            return number;
                          })
                      .collect())
          .hasMessageContaining("cancelled because its data cannot be read");
      assertThat(watch.failure("data.train: cannot read it").orElseThrow())
          .isInstanceOf(DataException.class)
          .hasMessage("data.train: cannot read it: record 7 has no end");
    }
    assertThat(failed.tries()).isEqualTo(1);
  }

  @Test
  void aMachinesFailureIsTriedAgain() {
    try (ReadingWatch watch = ReadingWatch.open(spark)) {
      List<Integer> read =
          numbers
              .map(
                  number -> {
                    if (org.apache.spark.TaskContext.get().attemptNumber() == 0) {
                      throw new java.net.SocketTimeoutException("60 s");
                    }
                    return number;
                  })
              .collect();
      assertThat(read).containsExactly(1, 2);
      assertThat(watch.failure("")).isEmpty();
    }
  }
}
