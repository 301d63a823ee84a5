/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.CollectiveSettings.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rank 0's clock goes on by a second whenever it is looked at; those of others say nothing true.
 */
class MaxTimeTest {

  private static final int EXAMPLES = 61;
  private static final long UPDATES = 60;

  /**
   * Between whole seconds, by which clocks go: sums of fractions may be off by their last digit.
   */
  private static final StopRule SHORT = StopRule.NONE.within(100_500);

  private static final StopRule LONGER = StopRule.NONE.within(250_500);

  @TempDir Path directory;

  private static LongSupplier clock(int rank) {
    AtomicLong now = new AtomicLong();
    return rank == 0
        ? () -> now.addAndGet(1_000_000_000)
        : () -> now.addAndGet(3_600_000_000_000L * rank);
  }

  private LoopRun run(String name, ElementKind kind, long updates) throws Exception {
    ExampleLayout layout = Models.DENSE.layout(kind);
    byte[] archive =
        ModelSource.read(
                "test", Models.DENSE.configuration(kind, Models.Optimizer.ADAM_SCHEDULE_DECAY), 11)
            .archive();
    return new LoopRun(
            directory.resolve(name).resolve("run"),
            layout,
            new BatchPlan(2, 3, 2),
            Records.random(layout, EXAMPLES, 3),
            updates,
            archive)
        .validatingOn(Records.random(layout, 40, 8))
        .savingEvery(3)
        .clocks(MaxTimeTest::clock);
  }

  private LoopRun run(String name) throws Exception {
    return run(name, ElementKind.FLOAT64, UPDATES);
  }

  /** The first update that begins when what the lines before it tell is enough. */
  private static long expected(LoopRun run, double mostMs) throws Exception {
    double trained = 0;
    for (JsonNode line : run.metrics("loss")) {
      if (!line.has("computeMs")) {
        continue;
      }
      if (trained >= mostMs) {
        return line.path("update").longValue();
      }
      for (String part : List.of("computeMs", "waitMs", "reduceMs", "applyMs", "betweenMs")) {
        trained += line.path(part).doubleValue();
      }
    }
    throw new AssertionError("it trained for " + trained + " ms only");
  }

  private static List<Long> updates(LoopRun run) throws Exception {
    return run.metrics("computeMs").stream().map(line -> line.path("update").longValue()).toList();
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  private void requireModelOf(LoopRun run, long update, String as) throws Exception {
    LoopRun plain = run("plain-" + as, ElementKind.FLOAT64, update);
    plain.train();
    MultiLayerNetwork expected = plain.model();
    MultiLayerNetwork model = run.model();
    assertThat(model.params()).as(as).isEqualTo(expected.params());
    assertThat(model.getUpdater().getStateViewArray())
        .as(as)
        .isEqualTo(expected.getUpdater().getStateViewArray());
  }

  private static List<RankReport> goOn(LoopRun run, long from) throws Exception {
    return run.train(from, rank -> () -> StopVote.NONE);
  }

  @Test
  void allRanksEndAfterTheSameUpdateWithItsModelAndSayWhy() throws Exception {
    LoopRun run = run("run").stopping(SHORT);
    List<RankReport> reports = run.train();
    long last = expected(run, 100_500);
    String why =
        "train.max-time: the run has trained for 100500ms, as long as it may, and ends after update %d of 60"
            .formatted(last);
    assertThat(last).isBetween(8L, 30L);
    assertThat(reports)
        .containsExactly(new RankReport(0, last, "", why), new RankReport(1, last, "", why));
    assertThat(updates(run)).isEqualTo(upTo(last));
    assertThat(run.metrics("note")).extracting(line -> line.path("note").asText()).contains(why);
    assertThat(run.checkpoints()).contains(last);
    requireModelOf(run, last, "at its end");
  }

  /** Each pause is in a line: a validation, a checkpoint, or neither. */
  @Test
  void thePausesOfAnAttemptAreInItsLines() throws Exception {
    LoopRun run = run("run").stopping(SHORT);
    run.train();
    List<JsonNode> lines = run.metrics("computeMs");
    assertThat(lines.get(0).has("betweenMs")).isFalse();
    assertThat(lines.subList(1, lines.size()))
        .allMatch(line -> line.path("betweenMs").doubleValue() >= 1_000)
        .allMatch(
            line -> !line.has("checkpointMs") || line.path("checkpointMs").doubleValue() == 1_000);
    assertThat(lines.get(3).has("checkpointMs")).as("the first checkpoint").isTrue();
    assertThat(lines)
        .as("rank 1's are of an hour, and means of one or two updates")
        .anyMatch(line -> line.at("/ranks/1/checkpointMs").doubleValue() >= 1_800_000);
  }

  @Test
  void withMoreTimeOrWithoutALimitItGoesOnAsIfNothingHadBeen() throws Exception {
    LoopRun run = run("run").stopping(SHORT);
    long first = run.train().get(0).update();
    List<RankReport> reports = goOn(run.stopping(LONGER), first);
    long second = expected(run, 250_500);
    assertThat(second).isGreaterThan(first + 5).isLessThan(UPDATES);
    assertThat(reports).allMatch(report -> report.update() == second);
    assertThat(updates(run)).isEqualTo(upTo(second));
    requireModelOf(run, second, "longer");

    assertThat(goOn(run.stopping(StopRule.NONE), second))
        .allMatch(report -> report.update() == UPDATES && report.early().isEmpty());
    assertThat(updates(run)).isEqualTo(upTo(UPDATES));
    requireModelOf(run, UPDATES, "without a limit");
  }

  /** As after a crash between the last checkpoint and the status. */
  @Test
  void aRunWhoseTimeIsOverMakesNoFurtherUpdate() throws Exception {
    LoopRun run = run("run").stopping(SHORT);
    List<RankReport> reports = run.train();
    assertThat(goOn(run, reports.get(0).update())).isEqualTo(reports);
    assertThat(updates(run)).isEqualTo(upTo(reports.get(0).update()));
    assertThat(run.metrics("note")).as("said once").hasSize(1);
  }

  @Test
  void theTimeOfUpdatesThatAreLostDoesNotCount() throws Exception {
    for (long kill : List.of(2L, 5L, 9L)) {
      String name = "killed-" + kill;
      LoopRun run = run(name).stopping(SHORT);
      assertThatThrownBy(() -> run.train(0, rank -> failIn(rank == 1 ? kill : -1)))
          .isInstanceOf(ExecutionException.class);
      List<Long> saved = run.checkpoints();
      List<RankReport> reports = goOn(run, saved.isEmpty() ? 0 : saved.get(saved.size() - 1));
      long last = expected(run, 100_500);
      assertThat(reports).as(name).allMatch(report -> report.update() == last);
      assertThat(updates(run)).as(name).isEqualTo(upTo(last));
      requireModelOf(run, last, name);
    }
  }

  /** The stop counts, for whoever asked for it waits; the next attempt finds that time is over. */
  @Test
  void aStopAfterTheSameUpdateComesFirst() throws Exception {
    LoopRun run = run("run").stopping(SHORT);
    long last = run("as-long").stopping(SHORT).train().get(0).update();
    List<RankReport> stopped = run.train(0, rank -> stopAfter(rank == 1 ? last : -1));
    assertThat(stopped)
        .allMatch(report -> report.update() == last && report.early().isEmpty())
        .allMatch(report -> report.stopped().equals("rank 1's process was told to end"));
    assertThat(goOn(run, last))
        .allMatch(report -> report.update() == last && report.early().startsWith("train.max-time"));
  }

  @Test
  void theBestModelIsKeptAsWithEarlyStopping() throws Exception {
    StopRule patient = new StopRule(2, "loss", 1_000, 0).within(100_500);
    LoopRun run = run("run").stopping(patient);
    long last = run.train().get(0).update();
    assertThat(last).isLessThan(UPDATES);
    Path best = directory.resolve("run/run/model-best.zip");
    int update = MultiLayerNetwork.load(best.toFile(), true).getIterationCount();
    LoopRun toBest = run("to-best", ElementKind.FLOAT64, update);
    toBest.train();
    assertThat(MultiLayerNetwork.load(best.toFile(), true).params())
        .isEqualTo(toBest.model().params());
    assertThat(Files.exists(best.resolveSibling("best"))).isFalse();

    goOn(run.stopping(patient.within(250_500)), last);
    assertThat(best).exists();
  }

  /** A remainder that is not in a checkpoint would be lost. */
  @Test
  void roundedSumsEndOnlyWhereTheRunCanGoOnFromWithTheSameBits() throws Exception {
    LoopRun run = run("run", ElementKind.FLOAT32, UPDATES).summing(Precision.BF16).stopping(SHORT);
    long last = run.train().get(0).update();
    assertThat(last % 3).isZero();
    assertThat(last).isBetween(expected(run, 100_500), expected(run, 100_500) + 2);
    goOn(run.stopping(StopRule.NONE), last);
    LoopRun undisturbed = run("plain", ElementKind.FLOAT32, UPDATES).summing(Precision.BF16);
    undisturbed.train();
    assertThat(run.model().params()).isEqualTo(undisturbed.model().params());
  }

  private static Supplier<StopVote> failIn(long update) {
    AtomicLong asked = new AtomicLong();
    return () -> {
      if (asked.incrementAndGet() == update) {
        throw new IllegalStateException("killed in update " + update);
      }
      return StopVote.NONE;
    };
  }

  private static Supplier<StopVote> stopAfter(long update) {
    AtomicLong asked = new AtomicLong();
    return () -> asked.incrementAndGet() == update ? StopVote.PROCESS : StopVote.NONE;
  }
}
