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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels are drawn by lot, so that training soon makes validations worse. */
class EarlyStoppingTest {

  private static final int EXAMPLES = 61;
  private static final int HELD = 40;
  private static final long UPDATES = 400;
  private static final StopRule RULE = new StopRule(2, "loss", 3, 0);

  @TempDir Path directory;

  private LoopRun run(String name, int workers, long updates) throws Exception {
    ExampleLayout layout = Models.DENSE.layout(ElementKind.FLOAT64);
    byte[] archive =
        ModelSource.read(
                "test",
                Models.DENSE.configuration(
                    ElementKind.FLOAT64, Models.Optimizer.ADAM_SCHEDULE_DECAY),
                11)
            .archive();
    return new LoopRun(
            directory.resolve(name).resolve("run"),
            layout,
            new BatchPlan(workers, 6 / workers, 2),
            Records.random(layout, EXAMPLES, 3),
            updates,
            archive)
        .validatingOn(Records.random(layout, HELD, 8))
        .savingEvery(3)
        .stopping(RULE);
  }

  private Path best(String name) {
    return directory.resolve(name).resolve("run").resolve("model-best.zip");
  }

  private static MultiLayerNetwork model(Path file) throws Exception {
    return MultiLayerNetwork.load(file.toFile(), true);
  }

  /** The update of the best validation, and the one after which patience is over. */
  private static long[] expected(LoopRun run) throws Exception {
    long best = 0;
    double least = Double.NaN;
    int since = 0;
    for (JsonNode line : run.metrics("validation")) {
      double loss = line.at("/validation/loss").doubleValue();
      boolean improves = Double.isNaN(least) || loss < least;
      best = improves ? line.path("update").longValue() : best;
      least = improves ? loss : least;
      since = improves ? 0 : since + 1;
      if (since == 3) {
        return new long[] {best, line.path("update").longValue()};
      }
    }
    throw new AssertionError("validations go on getting better");
  }

  @Test
  void aRunEndsWhenPatienceIsOverAndLeavesTheBestModelAndTheLast() throws Exception {
    LoopRun run = run("run", 2, UPDATES);
    List<RankReport> reports = run.train();
    long[] expected = expected(run);
    assertThat(reports)
        .allMatch(report -> report.update() == expected[1] && report.stopped().isEmpty())
        .allMatch(report -> report.early().startsWith("early stopping: loss has not improved"));
    assertThat(expected[1]).isLessThan(UPDATES);
    assertThat(expected[0]).as("there were several improvements").isGreaterThan(2);
    assertThat(run.metrics("loss")).hasSize((int) expected[1]);
    assertThat(run.metrics("note"))
        .extracting(line -> line.path("note").asText())
        .containsExactly(reports.get(0).early());

    LoopRun toBest = run("to-best", 2, expected[0]).stopping(StopRule.NONE);
    toBest.train();
    MultiLayerNetwork there = toBest.model();
    assertThat(model(best("run")).params()).isEqualTo(there.params());
    assertThat(model(best("run")).getUpdater().getStateViewArray())
        .isEqualTo(there.getUpdater().getStateViewArray());
    LoopRun toLast = run("to-last", 2, expected[1]).stopping(StopRule.NONE);
    toLast.train();
    assertThat(run.model().params()).isEqualTo(toLast.model().params());
    assertThat(best("run").resolveSibling("best")).doesNotExist();
  }

  @Test
  void aRunThatIsKilledEndsAtTheSameUpdateWithTheSameBestModel() throws Exception {
    LoopRun undisturbed = run("undisturbed", 2, UPDATES);
    undisturbed.train();
    long[] expected = expected(undisturbed);

    for (long kill = 1; kill <= expected[1]; kill++) {
      String name = "killed-" + kill;
      LoopRun killed = run(name, 2, UPDATES);
      long at = kill;
      assertThatThrownBy(() -> killed.train(0, rank -> failIn(rank == 1 ? at : -1)))
          .isInstanceOf(ExecutionException.class);
      List<Long> saved = killed.checkpoints();
      long from = saved.isEmpty() ? 0 : saved.get(saved.size() - 1);
      List<RankReport> reports = killed.train(from, rank -> () -> StopVote.NONE);
      assertThat(reports).as(name).allMatch(report -> report.update() == expected[1]);
      assertThat(model(best(name)).params())
          .as(name)
          .isEqualTo(model(best("undisturbed")).params());
    }
  }

  /** Other examples enter an update then, but what was seen before is not forgotten. */
  @Test
  void anotherNumberOfWorkersGoesOnWithWhatWasSeen() throws Exception {
    LoopRun two = run("rescaled", 2, UPDATES);
    assertThatThrownBy(() -> two.train(0, rank -> failIn(rank == 1 ? 8 : -1)))
        .isInstanceOf(ExecutionException.class);
    List<Long> saved = two.checkpoints();
    LoopRun three = run("rescaled", 3, UPDATES);
    List<RankReport> reports =
        three.train(saved.get(saved.size() - 1), rank -> () -> StopVote.NONE);
    long[] expected = expected(three);
    assertThat(reports).hasSize(3).allMatch(report -> report.update() == expected[1]);
    assertThat(model(best("rescaled")).getIterationCount()).isEqualTo((int) expected[0]);
  }

  /** A checkpoint after the best one was damaged: the attempt goes back before it. */
  @Test
  void anAttemptThatGoesFarBackFindsTheBestUpToThere() throws Exception {
    LoopRun run = run("run", 2, UPDATES);
    run.train();
    long[] expected = expected(run);
    byte[] best = Files.readAllBytes(best("run"));
    Files.delete(best("run"));
    List<RankReport> reports = run.train(3, rank -> () -> StopVote.NONE);
    assertThat(reports).allMatch(report -> report.update() == expected[1]);
    assertThat(model(best("run")).params())
        .isEqualTo(
            MultiLayerNetwork.load(Files.write(directory.resolve("b.zip"), best).toFile(), true)
                .params());
  }

  /** It would be found again in every further attempt. */
  @Test
  void aBestStateThatIsDamagedCostsTheBestModelAndNotTheRun() throws Exception {
    LoopRun undisturbed = run("undisturbed", 2, UPDATES);
    undisturbed.train();
    long[] expected = expected(undisturbed);
    LoopRun damaged = run("damaged", 2, UPDATES);
    damaged.train(0, rank -> stopIn(expected[1] - 1));
    Path state =
        best("damaged").resolveSibling("best/update-%012d/parameters.bin".formatted(expected[0]));
    byte[] bytes = Files.readAllBytes(state);
    bytes[bytes.length / 2] ^= 1;
    Files.write(state, bytes);

    List<Long> saved = damaged.checkpoints();
    List<RankReport> reports =
        damaged.train(saved.get(saved.size() - 1), rank -> () -> StopVote.NONE);
    assertThat(reports).allMatch(report -> report.update() == expected[1]);
    assertThat(damaged.model().params()).isEqualTo(undisturbed.model().params());
    assertThat(best("damaged")).doesNotExist();
    assertThat(damaged.told())
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains("no model-best.zip, which would be of update " + expected[0] + ": ")
                    .contains("parameters.bin"));
    assertThat(state).as("kept for a person").exists();
  }

  /** As after a crash between the last checkpoint and the status. */
  @Test
  void aRunThatIsOverMakesNoFurtherUpdate() throws Exception {
    LoopRun run = run("run", 2, UPDATES);
    run.train();
    long[] expected = expected(run);
    byte[] best = Files.readAllBytes(best("run"));
    List<RankReport> reports = run.train(expected[1], rank -> () -> StopVote.NONE);
    assertThat(reports).allMatch(report -> report.update() == expected[1]);
    assertThat(best("run")).hasBinaryContent(best);
    try (Stream<Path> files = Files.list(best("run").getParent())) {
      assertThat(files.map(file -> file.getFileName().toString())).doesNotContain("best");
    }
  }

  private static Supplier<StopVote> stopIn(long update) {
    AtomicLong asked = new AtomicLong();
    return () -> asked.incrementAndGet() == update ? StopVote.DRIVER : StopVote.NONE;
  }

  private static Supplier<StopVote> failIn(long update) {
    return new Supplier<>() {
      private long asked;

      @Override
      public StopVote get() {
        asked++;
        if (asked == update) {
          throw new IllegalStateException("killed in update " + update);
        }
        return StopVote.NONE;
      }
    };
  }
}
