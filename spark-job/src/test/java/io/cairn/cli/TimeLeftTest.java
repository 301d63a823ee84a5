/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.StagedPlan;
import io.cairn.plan.UpdateSizes;
import io.cairn.settings.BatchStage;
import io.cairn.telemetry.RunStart;
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
    assertThat(left.now()).as("of 300 examples 50 are done").contains(Duration.ofSeconds(25));
    pass(5);
    assertThat(left.now()).contains(Duration.ofSeconds(20));
    left.at(10);
    assertThat(left.now()).contains(Duration.ofSeconds(20));
    pass(5);
    left.at(11);
    pass(30);
    assertThat(left.now()).as("later than thought").contains(Duration.ZERO);
  }

  @Test
  void anAttemptThatGoesOnCountsFromItsFirstUpdateOn() {
    TimeLeft left = new TimeLeft(new RunStart("digits", "out", "{}", 100, 4), nanos::get);
    left.at(50);
    pass(10);
    left.at(60);
    assertThat(left.now()).contains(Duration.ofSeconds(40));
  }
}
