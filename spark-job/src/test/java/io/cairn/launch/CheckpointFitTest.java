/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.checkpoint.Checkpoint;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.PlanSegment;
import io.cairn.plan.RunPosition;
import io.cairn.settings.BatchSettings;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsJson;
import io.cairn.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Under which plan a run goes on from a checkpoint. */
class CheckpointFitTest {

  private static final long EXAMPLES = 1000;

  @TempDir Path directory;

  private record Asked(AskedPlan plan, String json) {}

  private Asked asked(String batch) throws IOException {
    Path file = directory.resolve("run.conf");
    Files.writeString(
        file,
        """
        model.source = model.json
        data.train { path = data, format = parquet }
        data { features = [x], label = y, classes = 2 }
        train.epochs = 1
        output = out
        """
            + batch);
    Settings settings = SettingsReader.read(file, List.of());
    AskedPlan plan = AskedPlan.resolve(settings.batch(), OptionalInt.empty());
    return new Asked(plan, SettingsJson.render(settings, plan.stored()));
  }

  /** A checkpoint in the middle of an epoch, counted from 0, or at its beginning. */
  private static Checkpoint saved(Asked then, BatchPlan plan, long epoch, long inEpoch) {
    List<PlanSegment> made = inEpoch == 0 ? List.of() : List.of(new PlanSegment(plan, inEpoch));
    long update = then.plan().plan().updates(epoch, EXAMPLES) + inEpoch;
    RunPosition at =
        new RunPosition(update, update, epoch, EXAMPLES, plan, new Cursor(epoch, inEpoch), made);
    return new Checkpoint(at, then.json(), "somewhere");
  }

  private static Checkpoint saved(Asked then, BatchPlan plan) {
    return new Checkpoint(RunPosition.start(plan, 0, 0, EXAMPLES), then.json(), "somewhere");
  }

  private static AskedPlan goesOn(Asked now, Checkpoint checkpoint) {
    CheckpointFit fit = new CheckpointFit(now.json(), now.plan(), EXAMPLES, 100);
    fit.require(checkpoint);
    return fit.plan(Optional.of(checkpoint));
  }

  @Test
  void whatAProbeFoundIsNotProbedAgain() throws IOException {
    Asked auto = asked("batch { workers = 2, micro = auto, effective = 480 }");
    Checkpoint checkpoint = saved(auto, new BatchPlan(2, 60, 4));
    assertThat(goesOn(auto, checkpoint))
        .hasToString("workers 2 x micro 60 x steps 4 = effective 480");

    Asked more = asked("batch { workers = 4, micro = auto, effective = 480 }");
    assertThat(goesOn(more, checkpoint))
        .hasToString("workers 4 x micro 60 x steps 2 = effective 480");
    Asked odd = asked("batch { workers = 3, micro = auto, effective = 480 }");
    assertThat(goesOn(odd, checkpoint))
        .hasToString("workers 3 x micro 40 x steps 4 = effective 480");
  }

  @Test
  void whoeverAsksForAnotherSplitGetsIt() throws IOException {
    Asked auto = asked("batch { workers = 2, micro = auto, effective = 480 }");
    Asked fixed = asked("batch { workers = 2, micro = 30, effective = 480 }");
    assertThat(goesOn(fixed, saved(auto, new BatchPlan(2, 60, 4)))).isEqualTo(fixed.plan());
    assertThat(goesOn(auto, saved(fixed, new BatchPlan(2, 30, 8))))
        .as("is probed")
        .isEqualTo(auto.plan());
  }

  @Test
  void aMicroBatchThatMemoryHasHalvedStaysHalved() throws IOException {
    Asked fixed = asked("batch { workers = 2, micro = 30, effective = 480 }");
    assertThat(goesOn(fixed, saved(fixed, new BatchPlan(2, 15, 16))))
        .hasToString("workers 2 x micro 15 x steps 16 = effective 480");
  }

  @Test
  void theBeginningIsProbed() throws IOException {
    Asked auto = asked("batch { workers = 2, micro = auto, effective = 480 }");
    CheckpointFit fit = new CheckpointFit(auto.json(), auto.plan(), EXAMPLES, 100);
    assertThat(fit.plan(Optional.empty())).isEqualTo(auto.plan());
  }

  private static final String STAGED =
      "batch { workers = 3, micro = 10, steps = 2, schedule = [{ from-epoch = 3, steps = %d }] }";

  @Test
  void aRunGoesOnInTheStageOfItsEpochAndWithThoseAhead() throws IOException {
    Asked staged = asked(STAGED.formatted(8));
    assertThat(goesOn(staged, saved(staged, new BatchPlan(3, 10, 2), 1, 4)))
        .hasToString(
            "workers 3 x micro 10 x steps 2 = effective 60; from epoch 3 on steps 8 = effective"
                + " 240");
    AskedPlan inLast = new AskedPlan(staged.plan().plan().from(2), BatchSettings.MicroSize.GIVEN);
    assertThat(inLast.plan().stages()).hasSize(1);
    assertThat(goesOn(staged, saved(staged, new BatchPlan(3, 10, 8), 2, 1))).isEqualTo(inLast);
    assertThat(goesOn(staged, saved(staged, new BatchPlan(3, 10, 2), 2, 0)))
        .as("between both stages the last update was one of the first")
        .isEqualTo(inLast);
  }

  @Test
  void aMicroBatchThatMemoryHasHalvedStaysHalvedInAllStages() throws IOException {
    Asked staged = asked(STAGED.formatted(8));
    assertThat(goesOn(staged, saved(staged, new BatchPlan(3, 5, 4), 1, 4)))
        .hasToString(
            "workers 3 x micro 5 x steps 4 = effective 60; from epoch 3 on steps 16 = effective"
                + " 240");
  }

  @Test
  void otherWorkersKeepTheEffectiveBatchOfEachStage() throws IOException {
    Asked three = asked(STAGED.formatted(8));
    Asked two =
        asked(
            "batch { workers = 2, micro = 10, steps = 3, schedule = [{ from-epoch = 3, steps = 12"
                + " }] }");
    assertThat(goesOn(two, saved(three, new BatchPlan(3, 10, 2), 1, 4))).isEqualTo(two.plan());
    assertThat(goesOn(two, saved(three, new BatchPlan(3, 10, 8), 2, 1)).plan())
        .isEqualTo(two.plan().plan().from(2));
  }

  @Test
  void otherWorkersOrMicroBatchesChangeNoStageToCome() throws IOException {
    String batch =
        "batch { workers = %d, micro = %d, effective = 48, schedule = [{ from-epoch = 3, steps = 4"
            + " }] }";
    Asked three = asked(batch.formatted(3, 8));
    Checkpoint checkpoint = saved(three, new BatchPlan(3, 8, 2), 1, 4);
    assertThat(goesOn(three, checkpoint)).isEqualTo(three.plan());
    for (Asked other : List.of(asked(batch.formatted(2, 8)), asked(batch.formatted(3, 4)))) {
      CheckpointFit fit = new CheckpointFit(other.json(), other.plan(), EXAMPLES, 100);
      assertThatThrownBy(() -> fit.require(checkpoint))
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining(
              "batch.schedule was an effective batch of 96 in epoch 3, is now an effective batch of "
                  + other.plan().plan().in(2).effective()
                  + " in epoch 3")
          .hasMessageContaining("set batch.workers = 3 with micro-batches of 8 as before");
    }
  }

  @Test
  void onlyEpochsThatHaveNotBegunMayHaveOtherSteps() throws IOException {
    Asked then = asked(STAGED.formatted(8));
    Asked now = asked(STAGED.formatted(4));
    assertThat(goesOn(now, saved(then, new BatchPlan(3, 10, 2), 1, 4))).isEqualTo(now.plan());
    assertThat(goesOn(now, saved(then, new BatchPlan(3, 10, 2), 2, 0)).plan())
        .isEqualTo(now.plan().plan().from(2));
    CheckpointFit fit = new CheckpointFit(now.json(), now.plan(), EXAMPLES, 100);
    assertThatThrownBy(() -> fit.require(saved(then, new BatchPlan(3, 10, 8), 2, 1)))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining(
            "batch.schedule was an effective batch of 240 in epoch 3, is now an effective batch of"
                + " 120 in epoch 3")
        .hasMessageContaining(
            "saved under the plan workers 3 x micro 10 x steps 8 = effective 240 in epoch 3");
  }
}
