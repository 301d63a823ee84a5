/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.StagedPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.BatchStage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Runs whose steps change with the epochs, stopped and gone on with in every stage, by the same
 * workers and by others. That they equal plain fits is shown by {@link BigBatchEqualityTest}.
 */
class ScheduledStepsTest {

  private static final Models MODEL = Models.DENSE;
  private static final int EXAMPLES = 101;
  private static final int HELD = 20;

  @TempDir Path directory;

  /** Epochs of 7, 4, 4 and 13 updates. */
  private static final StagedPlan STAGES =
      StagedPlan.of(new BatchPlan(2, 4, 2), List.of(new BatchStage(2, 4), new BatchStage(4, 1)));

  private static final int UPDATES = 28;

  /** In each stage, at both borders, and between two epochs of a stage. */
  @ParameterizedTest
  @ValueSource(ints = {3, 7, 9, 11, 15, 20})
  void aRunThatStopsAnywhereGoesOnWithTheBytesAndLinesOfOneThatDoesNot(int stop) throws Exception {
    assertThat(STAGES.updates(4, EXAMPLES)).isEqualTo(UPDATES);
    run("undisturbed", STAGES).train();
    run("disturbed", STAGES).train(0, rank -> rank == 1 ? stopAfter(stop) : () -> StopVote.NONE);
    // As the driver has it: without the stages that are over.
    StagedPlan ahead = STAGES.from(STAGES.after(stop, EXAMPLES).epoch());
    assertThat(run("disturbed", ahead).train(stop, rank -> () -> StopVote.NONE))
        .contains(new RankReport(0, UPDATES, "", ""));

    for (String file : List.of("parameters.bin", "updater.bin", "position.json")) {
      String place = "checkpoints/update-%012d/%s".formatted(UPDATES, file);
      assertThat(directory.resolve("disturbed").resolve(place))
          .hasSameBinaryContentAs(directory.resolve("undisturbed").resolve(place));
    }
    assertThat(metrics("disturbed")).isEqualTo(metrics("undisturbed"));
  }

  @Test
  void metricsTellEachStageOnceAndCountExamplesExactly() throws Exception {
    LoopRun run = run("told", STAGES);
    run.train();
    List<JsonNode> plans = run.metrics("plan");
    assertThat(plans)
        .extracting(line -> line.get("update").asInt() + ", " + line.get("reason").asText())
        .containsExactly(
            "8, batch.schedule, from epoch 2 on", "16, batch.schedule, from epoch 4 on");
    assertThat(plans)
        .extracting(line -> line.get("plan").get("effective").asInt())
        .containsExactly(32, 8);
    List<JsonNode> updates = run.metrics("loss");
    assertThat(updates).hasSize(UPDATES);
    int[] byEpoch = new int[4];
    updates.forEach(line -> byEpoch[line.get("epoch").asInt() - 1] += line.get("examples").asInt());
    assertThat(byEpoch).containsExactly(EXAMPLES, EXAMPLES, EXAMPLES, EXAMPLES);
    assertThat(run.metrics("validation"))
        .extracting(line -> line.get("update").asInt())
        .as("after each epoch")
        .containsExactly(7, 11, 15, 28);
  }

  /** Updates of an epoch in the three stages: 5, 3 and 9. */
  @Test
  void threeAndTwoWorkersInTurnKeepTheEffectiveBatchOfEachStage() throws Exception {
    StagedPlan three =
        StagedPlan.of(new BatchPlan(3, 2, 4), List.of(new BatchStage(2, 8), new BatchStage(3, 2)));
    ExampleLayout layout = MODEL.layout(ElementKind.FLOAT64);
    byte[] archive = archive(ElementKind.FLOAT64);
    List<byte[]> records = Records.random(layout, EXAMPLES, 3);
    List<MultiDataSet> updates = new ArrayList<>();
    Optional<RankGroup.Start> start = Optional.empty();
    // In the middle of each of the three stages from 3 to 2, and back in between.
    for (int[] leg : new int[][] {{3, 2}, {2, 2}, {3, 2}, {2, 4}, {3, 1}, {2, 6}}) {
      StagedPlan all = three.rescaled(leg[0]).orElseThrow();
      StagedPlan plan = start.map(it -> all.from(it.at().cursor().epoch())).orElse(all);
      WorkerSpec spec = new TestSpec(plan, EXAMPLES, leg[1], layout, archive).build();
      List<RankGroup.Rank> ranks = new RankGroup(spec, records, directory, start).train();
      for (RankGroup.Rank rank : ranks) {
        assertThat(rank.digests()).isEqualTo(ranks.get(0).digests());
        assertThat(rank.at()).isEqualTo(ranks.get(0).at());
      }
      updates.addAll(RankGroup.together(ranks));
      start = Optional.of(new RankGroup.Start(ranks.get(0).at(), ranks.get(0).replica()));
    }

    assertThat(start.orElseThrow().at().cursor()).isEqualTo(new Cursor(3, 0));
    requireEachExampleOnceAnEpoch(updates, three);
    PlainTraining plain = new PlainTraining(archive, false);
    for (int i = 0; i < updates.size(); i++) {
      plain.fit(updates.get(i));
      if (three.after(i + 1, EXAMPLES).position() == 0) {
        plain.epochDone();
      }
    }
    Model ours = ReplicaAccess.model(start.orElseThrow().replica());
    INDArray difference = ours.params().sub(plain.model().params());
    assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-10);
  }

  private static void requireEachExampleOnceAnEpoch(List<MultiDataSet> updates, StagedPlan plan) {
    assertThat(updates).hasSize(5 + 3 + 9);
    int[] effective = {24, 48, 12};
    int next = 0;
    for (int epoch = 0; epoch < 3; epoch++) {
      long count = plan.in(epoch).updatesPerEpoch(EXAMPLES);
      List<String> used = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        List<String> examples = RankGroup.rows(updates.get(next).getFeatures(0));
        boolean isLast = i == count - 1;
        assertThat(examples)
            .as("update %d of epoch %d", i + 1, epoch + 1)
            .hasSize(isLast ? EXAMPLES % effective[epoch] : effective[epoch]);
        used.addAll(examples);
        next++;
      }
      assertThat(used).doesNotHaveDuplicates().hasSize(EXAMPLES);
    }
  }

  private static byte[] archive(ElementKind kind) {
    return ModelSource.read(
            "test", MODEL.configuration(kind, Models.Optimizer.ADAM_SCHEDULE_DECAY), 11)
        .archive();
  }

  private LoopRun run(String name, StagedPlan plan) {
    ExampleLayout layout = MODEL.layout(ElementKind.FLOAT32);
    return new LoopRun(
            directory.resolve(name),
            layout,
            plan,
            Records.random(layout, EXAMPLES, 3),
            UPDATES,
            archive(ElementKind.FLOAT32))
        .validatingOn(Records.random(layout, HELD, 4))
        .savingEvery(3);
  }

  /** Votes to stop after an update of the attempt, counted from 1. */
  private static Supplier<StopVote> stopAfter(int update) {
    int[] asked = {0};
    return () -> ++asked[0] == update ? StopVote.PROCESS : StopVote.NONE;
  }

  /** Without measurements of time. */
  private List<String> metrics(String name) throws IOException {
    return Files.readAllLines(directory.resolve(name).resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceFirst(",\"(examplesPerSecond|atMs)\".*", ""))
        .toList();
  }
}
