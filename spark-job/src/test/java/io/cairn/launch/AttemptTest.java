/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Claimant;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.data.source.SparkFixture;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.telemetry.MetricsSink;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttemptTest {

  private static final AtomicInteger RANKS = new AtomicInteger();

  @TempDir Path temp;
  private final JavaSparkContext spark =
      JavaSparkContext.fromSparkContext(SparkFixture.spark().sparkContext());

  /** Between the attempt's last look and the job's submission, when there is nothing to cancel. */
  @Test
  void stopThatComesJustBeforeTheJobIsSubmittedIsNotLost() throws Exception {
    RANKS.set(0);
    StopRequest stop = new StopRequest();
    AttemptEnd end =
        attempt(stop)
            .run(
                work(
                    workers -> {
                      stop.ask("stopped by SIGTERM");
                      return examples(workers);
                    }));
    assertThat(end).isEqualTo(new AttemptEnd.Stopped("stopped by SIGTERM"));
    assertThat(RANKS).hasValue(0);
  }

  private JavaRDD<byte[]> examples(int workers) {
    return spark.parallelize(List.of(new byte[1], new byte[1]), workers);
  }

  private Attempt attempt(StopRequest stop) throws Exception {
    String output = temp.resolve("run").toString();
    Claimant who = new Claimant("here", "app-1", Clock.systemUTC().instant());
    AttemptClaim claim = AttemptClaim.take(output, Map.of(), 0, who);
    RunDirectory directory = RunDirectory.open(output, Map.of()).under(claim);
    AskedPlan plan = new AskedPlan(new BatchPlan(2, 4, 1), MicroSize.GIVEN);
    return new Attempt(
        spark,
        new ClusterExecutors(spark.sc()),
        new ClaimedRun(claim, directory, Optional.empty(), plan),
        new StatusKeeper(Clock.systemUTC(), "digits", 8, List.of()),
        stop,
        Duration.ofSeconds(5));
  }

  private Supervisor.Work work(IntFunction<JavaRDD<byte[]>> train) {
    RankTask rank =
        (examples, validation) -> {
          RANKS.incrementAndGet();
          return List.of("{\"rank\": 0, \"update\": 1, \"stopped\": \"\"}").iterator();
        };
    return new Supervisor.Work(
        "digits",
        8,
        "{}",
        ResumeMode.AUTO,
        null,
        train,
        this::examples,
        run -> rank,
        MetricsSink.all(List.of()));
  }
}
