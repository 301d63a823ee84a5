/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.StagedPlan;
import io.cairn.plan.UpdateSizes;
import io.cairn.settings.BatchStage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long a run still takes. */
class TimeLeftTest {

  private final AtomicLong nanos = new AtomicLong();

  private void pass(int seconds) {
    nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  private static Optional<Duration> time(TimeLeft left) {
    return left.now().map(TimeLeft.Left::time);
  }

  /** 10 updates of 10 examples, then two epochs of 2 updates of 50. */
  @Test
  void updatesThatBecomeLargerTakeLonger() {
    StagedPlan plan = StagedPlan.of(new BatchPlan(1, 10, 1), List.of(new BatchStage(2, 5)));
    RunStart run =
        new RunStart("digits", "out", "{}", 14, 3, Optional.of(new UpdateSizes(plan, 100)));
    TimeLeft left = new TimeLeft(run, nanos::get);
    left.at(1);
    assertThat(left.now()).as("one update tells nothing").isEmpty();
    pass(4);
    left.at(5);
    assertThat(time(left)).as("of 300 examples 50 are done").contains(Duration.ofSeconds(25));
    pass(5);
    assertThat(time(left)).contains(Duration.ofSeconds(20));
    left.at(10);
    assertThat(time(left)).contains(Duration.ofSeconds(20));
    pass(5);
    left.at(11);
    pass(30);
    assertThat(time(left)).as("later than thought").contains(Duration.ZERO);
  }

  @Test
  void anAttemptThatGoesOnCountsFromItsFirstUpdateOn() {
    TimeLeft left = new TimeLeft(new RunStart("digits", "out", "{}", 100, 4), nanos::get);
    left.at(50);
    pass(10);
    left.at(60);
    assertThat(time(left)).contains(Duration.ofSeconds(40));
  }

  private TimeLeft limited(int mostSeconds, int trainedSeconds) {
    TimeLimit limit =
        new TimeLimit(Duration.ofSeconds(mostSeconds), Duration.ofSeconds(trainedSeconds));
    return new TimeLeft(
        new RunStart("digits", "out", "{}", 100, 4, Optional.empty(), Optional.of(limit)),
        nanos::get);
  }

  @Test
  void theLimitOfTimeEndsARunThatWouldTakeLonger() {
    TimeLeft left = limited(60, 20);
    left.at(50);
    pass(10);
    left.at(60);
    assertThat(left.now())
        .as("30 of 60 s are trained; the last update would take 40 s more")
        .contains(new TimeLeft.Left(Duration.ofSeconds(30), TimeLeft.End.LIMIT));
    pass(29);
    assertThat(time(left)).contains(Duration.ofSeconds(1));

    TimeLeft late = limited(600, 20);
    late.at(50);
    pass(10);
    late.at(60);
    assertThat(late.now())
        .contains(new TimeLeft.Left(Duration.ofSeconds(40), TimeLeft.End.UPDATES));
  }

  @Test
  void updatesThatAreDoneAgainCountOnceAgainstTheLimit() {
    TimeLeft left = limited(60, 0);
    left.at(0);
    pass(20);
    left.at(20);
    pass(100); // the next attempt begins
    left.at(10);
    assertThat(time(left)).as("10 of 60 s are trained").contains(Duration.ofSeconds(50));
    pass(10);
    left.at(20);
    assertThat(time(left)).contains(Duration.ofSeconds(40));
  }

  @Test
  void whatARunHasTrainedIsInItsMetrics() throws Exception {
    String line =
        "{\"update\":%d,\"epoch\":1,\"examples\":8,\"loss\":0.5,\"learningRate\":0.1,\"gradientNorm\":1.0,\"examplesPerSecond\":9.0,\"computeMs\":1000.0,\"waitMs\":200.0,\"reduceMs\":30.0,\"applyMs\":4.0,\"betweenMs\":500.0}\n";
    String lines =
        line.formatted(1)
            + "{\"update\":1,\"epoch\":1,\"validation\":{\"loss\":0.5}}\n"
            + line.formatted(2)
            + "{\"update\":3,\"computeMs\":1";
    assertThat(
            TimeLimit.of(
                Duration.ofHours(1),
                new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8))))
        .isEqualTo(new TimeLimit(Duration.ofHours(1), Duration.ofMillis(2 * 1734)));
  }
}
