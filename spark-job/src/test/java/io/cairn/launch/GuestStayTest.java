/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import io.cairn.data.source.SparkFixture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkException;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/** Whose turn it is in a session that is not ours, and who ended a job. */
class GuestStayTest {

  private final SparkSession session = SparkFixture.spark();

  @Test
  void readersFaultThatEndedAJobIsNobodysWishToStop() {
    var cancelled = new SparkException("Job 93 cancelled because its data cannot be read");
    assertThat(GuestStay.wasCancelled(new DataException(List.of("no such file"), cancelled)))
        .isFalse();
    assertThat(GuestStay.wasCancelled(new IllegalStateException(cancelled))).isTrue();
  }

  @Test
  void nextOnesTurnComesWhenTheWorkHasEnded() throws Exception {
    StopRequest stop = new StopRequest();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    GuestStay first = GuestStay.in(session, stop);
    CompletableFuture<String> work =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return first.work(
                    () -> {
                      begun.countDown();
                      end.await();
                      return "done";
                    },
                    Duration.ZERO);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
    first.close();
    StopRequest hurried = new StopRequest();
    hurried.ask("no time to wait");
    assertThatThrownBy(() -> GuestStay.in(session, hurried))
        .isInstanceOf(GuestStay.StoppedException.class);
    end.countDown();
    assertThat(work.get(1, TimeUnit.MINUTES)).isEqualTo("done");
    GuestStay.in(session, new StopRequest()).close();
  }
}
