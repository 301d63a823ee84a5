/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Claimant;
import io.cairn.data.source.FirstTry;
import io.cairn.data.source.PreparedData;
import io.cairn.data.source.SparkFixture;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import io.cairn.telemetry.MetricsSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Tuple2;

class AttemptTest {

  private static final AtomicInteger EXAMPLES = new AtomicInteger();
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

  /**
   * The next attempt reads other data than those that were surveyed, in a file as long as before:
   * so would every later one.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 1 8 0 3 0 | an example appeared that was not there in the first pass",
        "1 0 2 1 3 9 | column 'y' holds no class index in 1 of 1 examples: 9, where 2 classes are"
            + " 0 to 1, which was not so in the first pass",
        "1 0 2 1 | there are fewer examples than in the first pass",
      })
  void dataThatChangedBetweenAttemptsEndTheRun(String now, String what) throws Exception {
    AttemptEnd end =
        afterChange(
            file -> {
              String text = json(now);
              Files.writeString(file, text + "\n".repeat((int) Files.size(file) - text.length()));
            });
    Verdict verdict = ((AttemptEnd.Broken) end).verdict();
    assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.INVALID);
    assertThat(verdict.reason())
        .isEqualTo("data.train: the data changed while it was read: " + what);
  }

  @Test
  void dataThatAreGoneBetweenAttemptsEndTheRun() throws Exception {
    Verdict verdict = ((AttemptEnd.Broken) afterChange(Files::delete)).verdict();
    assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.INVALID);
    assertThat(verdict.reason())
        .startsWith("data.train: the data changed while it was read: file:")
        .endsWith("/data.json was there in the first pass and is gone");
  }

  /** Spark reads a file only as far as it went when it was listed. */
  @ParameterizedTest
  @ValueSource(strings = {"\n4,0\n", "\n4,0\n5,0\n6,0"})
  void rowsThatAreAppendedBetweenAttemptsEndTheRun(String appended) throws Exception {
    Path file = temp.resolve("data.csv");
    Files.writeString(file, "x,y\n1,0\n2,1\n3,0");
    SourceSettings csv =
        new SourceSettings(file.toString(), "csv", Map.of("header", "true", "inferSchema", "true"));
    Change append =
        folder -> {
          Files.writeString(file, appended, StandardOpenOption.APPEND);
          // Of this checksum Hadoop's local file system would complain.
          Files.deleteIfExists(temp.resolve(".data.csv.crc"));
        };
    Verdict verdict = ((AttemptEnd.Broken) afterChange(csv, append)).verdict();
    assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.INVALID);
    assertThat(verdict.reason())
        .startsWith("data.train: the data changed while it was read: file:")
        .matches(".*/data\\.csv had 15 bytes in the first pass, and now \\d+");
  }

  /** A folder in which data lands every hour is not to cost a run that loses a machine. */
  @Test
  void filesThatComeBetweenAttemptsAreLeftOut() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("days"));
    Files.writeString(folder.resolve("monday.json"), json("1 0 2 1 3 0"));
    Change another = run -> Files.writeString(folder.resolve("tuesday.json"), json("9 0"));
    EXAMPLES.set(0);
    AttemptEnd end = afterChange(SparkFixture.source(folder, "json"), another);
    assertThat(end).isInstanceOf(AttemptEnd.Completed.class);
    assertThat(EXAMPLES).hasValue(3);
  }

  /** The failures of readers in stages of Spark's own are not yet in our words. */
  @Test
  void whatAReaderThrowsInAStageBeforeEndsTheRunAtItsFirstTry() throws Exception {
    FirstTry.Failed failed = new FirstTry.Failed();
    spark.sc().addSparkListener(failed);
    try {
      AttemptEnd end =
          attempt(new StopRequest())
              .run(
                  work(
                      workers ->
                          examples(2)
                              .mapToPair(
                                  example -> {
                                    FirstTry.failAtFirst("record 7 has no end");
                                    return new Tuple2<>(example.length, example);
                                  })
                              .partitionBy(new HashPartitioner(workers))
                              .values()));
      Verdict verdict = ((AttemptEnd.Broken) end).verdict();
      assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.INVALID);
      assertThat(verdict.reason())
          .isEqualTo("data: cannot read what was read when the run began: record 7 has no end");
    } finally {
      spark.sc().removeSparkListener(failed);
    }
    assertThat(failed.tries()).as("tries that failed").isEqualTo(1);
  }

  @Test
  void aFileThatIsDamagedBetweenAttemptsEndsTheRun() throws Exception {
    Path folder = temp.resolve("table");
    SparkFixture.spark().range(4).selectExpr("id AS x", "0 AS y").write().parquet(folder + "");
    SourceSettings grouped =
        new SourceSettings(
            new SourcePlace.Files(
                Optional.of(folder.toString()), "parquet", Map.of(), Optional.empty()),
            Optional.of("SELECT x, max(y) AS y FROM data GROUP BY x"),
            Map.of());
    AttemptEnd end =
        afterChange(
            grouped,
            source -> {
              try (var files = Files.list(folder)) {
                for (Path file : files.filter(it -> it.toString().endsWith("et")).toList()) {
                  byte[] content = Files.readAllBytes(file);
                  Arrays.fill(content, 4, 40, (byte) 0x5a);
                  Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
                  Files.write(file, content);
                }
              }
            });
    Verdict verdict = ((AttemptEnd.Broken) end).verdict();
    assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.INVALID);
    // Whoever hears of it first says it: the one who asked for the query's rows, or the watch.
    assertThat(verdict.reason())
        .matches("data(\\.train)?: cannot read [\\s\\S]*")
        .contains("file://" + folder)
        .contains(".parquet: it is damaged: ");
  }

  /** Somebody who writes where the run reads. */
  private interface Change {
    void to(Path file) throws IOException;
  }

  private AttemptEnd afterChange(Change change) throws Exception {
    Path file = temp.resolve("data.json");
    Files.writeString(file, json("1 0 2 1 3 0"));
    return afterChange(SparkFixture.source(file, "json"), source -> change.to(file));
  }

  private AttemptEnd afterChange(SourceSettings source, Change change) throws Exception {
    PreparedData data =
        SparkFixture.prepare(
            SparkFixture.settings(
                source, List.of(SparkFixture.values("x")), List.of(SparkFixture.classes("y", 2))),
            2);
    // As an attempt of another number of workers did: for as many, nothing would be dealt again.
    data.trainShards(1);
    change.to(temp);
    return attempt(new StopRequest()).run(work(data::trainShards));
  }

  private static String json(String values) {
    return values.replaceAll("(\\w+) (\\w+) ?", "{\"x\": $1, \"y\": $2}\n");
  }

  private JavaRDD<byte[]> examples(int workers) {
    return spark.parallelize(List.of(new byte[1], new byte[1]), workers);
  }

  private Attempt attempt(StopRequest stop) throws Exception {
    String output = temp.resolve("run").toString();
    Claimant who = new Claimant("here", "app-1", Clock.systemUTC().instant());
    AttemptClaim claim = AttemptClaim.take(output, Map.of(), 0, who);
    AskedPlan plan = new AskedPlan(new BatchPlan(2, 4, 1), MicroSize.GIVEN);
    return new Attempt(
        spark,
        new ClusterExecutors(spark.sc()),
        new ClaimedRun(claim, Optional.empty(), plan),
        new StatusKeeper(Clock.systemUTC(), "digits", List.of()),
        stop,
        Duration.ofSeconds(5));
  }

  private Supervisor.Work work(IntFunction<JavaRDD<byte[]>> train) {
    RankTask rank =
        (examples, validation) -> {
          RANKS.incrementAndGet();
          examples.forEachRemaining(example -> EXAMPLES.incrementAndGet());
          return List.of("{\"rank\": 0, \"update\": 1, \"stopped\": \"\", \"early\": \"\"}")
              .iterator();
        };
    return new Supervisor.Work(
        "digits",
        "{}",
        ResumeMode.AUTO,
        null,
        train,
        this::examples,
        plan -> 1,
        run -> rank,
        MetricsSink.all(List.of()),
        status -> {});
  }
}
