/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.plan.BatchResolution.Refused;
import io.cairn.settings.BatchSettings;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.BatchStage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Steps that change with the epochs, and all that follows from them. */
class StagedPlanTest {

  /** The example of the settings' page, after an epoch in 4 steps. */
  private static final StagedPlan PLAN =
      StagedPlan.of(new BatchPlan(2, 32, 4), List.of(new BatchStage(2, 2), new BatchStage(4, 8)));

  /** Some stages, each so many epochs after the one before, from so many epochs on. */
  private static StagedPlan staged(
      int workers, int micro, List<Integer> steps, List<Integer> lengths) {
    List<BatchStage> schedule = new ArrayList<>();
    int epoch = 1;
    for (int i = 1; i < steps.size(); i++) {
      epoch += lengths.get(i);
      schedule.add(new BatchStage(epoch, steps.get(i)));
    }
    return StagedPlan.of(new BatchPlan(workers, micro, steps.get(0)), schedule);
  }

  @Test
  void eachEpochHasTheStepsOfTheLastEntryThatIsNotAfterIt() {
    assertThat(List.of(0, 1, 2, 3, 4, 999))
        .extracting(epoch -> PLAN.in(epoch).steps())
        .containsExactly(4, 2, 2, 8, 8, 8);
    assertThat(List.of(0, 1, 2, 3, 4)).filteredOn(PLAN::begins).containsExactly(1, 3);
    assertThat(PLAN.first()).isEqualTo(new BatchPlan(2, 32, 4));
    assertThat(PLAN.mostSteps()).isEqualTo(8);
    assertThat(PLAN.fewestSteps()).isEqualTo(2);
    assertThat(PLAN)
        .hasToString(
            "workers 2 x micro 32 x steps 4 = effective 256; from epoch 2 on steps 2 = effective"
                + " 128; from epoch 4 on steps 8 = effective 512");
  }

  /** Three workers can share 384 examples in micro-batches of 32, but not 512. */
  @Test
  void aStageThatTheRunNeverComesToConstrainsNothing() {
    StagedPlan plan =
        StagedPlan.of(new BatchPlan(2, 32, 6), List.of(new BatchStage(2, 3), new BatchStage(4, 8)));
    assertThat(plan.rescaled(3)).isEmpty();
    assertThat(plan.until(4)).isEqualTo(plan);
    assertThat(plan.until(3).rescaled(3).orElseThrow())
        .hasToString(
            "workers 3 x micro 32 x steps 4 = effective 384; from epoch 2 on steps 2 = effective"
                + " 192");
    assertThat(plan.until(3).mostSteps()).isEqualTo(6);
    assertThat(plan.until(1).stages()).hasSize(1);
    assertThat(plan.from(3).until(3)).as("over").isEqualTo(plan.from(3));
  }

  @Test
  void anEntryFromTheFirstEpochOnLeavesNothingToThePlansOwnSteps() {
    StagedPlan plan =
        StagedPlan.of(
            new BatchPlan(2, 32, 16), List.of(new BatchStage(1, 2), new BatchStage(4, 8)));
    assertThat(plan.first().steps()).isEqualTo(2);
    assertThat(plan.stages()).hasSize(2);
    assertThat(StagedPlan.of(new BatchPlan(2, 32, 8), List.of(new BatchStage(5, 8))))
        .as("no change")
        .isEqualTo(StagedPlan.of(new BatchPlan(2, 32, 8)));
  }

  @Property(tries = 300)
  void everyExampleIsUsedOnceInEachEpochOfEachStageAndUpdatesAreCounted(
      @ForAll @IntRange(min = 1, max = 400) int examples,
      @ForAll @IntRange(min = 1, max = 5) int workers,
      @ForAll @IntRange(min = 1, max = 9) int micro,
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 9) Integer> steps,
      @ForAll @Size(4) List<@IntRange(min = 1, max = 3) Integer> lengths,
      @ForAll @IntRange(min = 1, max = 10) int epochs) {
    StagedPlan plan = staged(workers, micro, steps, lengths);
    UpdateSizes sizes = new UpdateSizes(plan, examples);
    long updates = 0;
    long used = 0;
    for (long epoch = 0; epoch < epochs; epoch++) {
      EpochSchedule schedule = new EpochSchedule(plan.in(epoch), examples);
      BitSet seen = new BitSet(examples);
      for (long update = 0; update < schedule.updates(); update++) {
        assertThat(plan.after(updates, examples)).isEqualTo(new Cursor(epoch, update));
        assertThat(sizes.through(updates)).isEqualTo(used);
        updates++;
        assertThat(plan.epochs(updates, examples)).isEqualTo(epoch + 1);
        used += schedule.updateExamples(update);
        for (int rank = 0; rank < workers; rank++) {
          long first = schedule.shard(rank).start() + schedule.windowStart(rank, update);
          int count = schedule.windowExamples(rank, update);
          assertThat(seen.get((int) first, (int) first + count).isEmpty()).isTrue();
          seen.set((int) first, (int) first + count);
        }
      }
      assertThat(seen.cardinality()).isEqualTo(examples);
      assertThat(plan.updates(epoch + 1, examples)).isEqualTo(updates);
    }
    assertThat(sizes.through(updates)).isEqualTo((long) epochs * examples);
  }

  @Property(tries = 300)
  void rescalingKeepsTheEffectiveBatchOfEachStageOrSaysThatItCannot(
      @ForAll @IntRange(min = 1, max = 8) int workers,
      @ForAll @IntRange(min = 1, max = 30) int micro,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 12) Integer> steps,
      @ForAll @IntRange(min = 1, max = 8) int newWorkers) {
    StagedPlan plan = staged(workers, micro, steps, List.of(1, 1, 1));
    Optional<StagedPlan> rescaled = plan.rescaled(newWorkers);
    assertThat(rescaled.isPresent())
        .isEqualTo(plan.stages().stream().allMatch(it -> workers * it.steps() % newWorkers == 0));
    Optional<StagedPlan> resplit = plan.resplit(newWorkers);
    for (Optional<StagedPlan> other : List.of(rescaled, resplit)) {
      if (other.isPresent()) {
        assertThat(other.get().workers()).isEqualTo(newWorkers);
        assertThat(other.get().micro()).isLessThanOrEqualTo(micro);
        assertThat(other.get().plans())
            .extracting(BatchPlan::effective)
            .isEqualTo(plan.plans().stream().map(BatchPlan::effective).toList());
      }
    }
    rescaled.ifPresent(other -> assertThat(other.micro()).isEqualTo(micro));
  }

  @Test
  void stagesThatAreOverNeedNotBePossibleForOtherWorkers() {
    StagedPlan plan = StagedPlan.of(new BatchPlan(3, 4, 1), List.of(new BatchStage(3, 2)));
    assertThat(plan.rescaled(2)).isEmpty();
    StagedPlan ahead = plan.from(2);
    assertThat(ahead.rescaled(2).orElseThrow().in(2)).isEqualTo(new BatchPlan(2, 4, 3));
    assertThat(ahead.begins(2)).as("it is new in its first epoch").isTrue();
    assertThat(plan.from(1)).as("is not over").isEqualTo(plan);
    assertThatThrownBy(() -> ahead.in(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("epoch 2 is before those of this plan");
  }

  @Property(tries = 300)
  void halvingKeepsTheWindowsOfAllStagesAndEndsAtOneExample(
      @ForAll @IntRange(min = 1, max = 300) int micro,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 12) Integer> steps) {
    StagedPlan plan = staged(2, micro, steps, List.of(1, 1, 1));
    for (Optional<StagedPlan> next = plan.halved(); next.isPresent(); next = plan.halved()) {
      StagedPlan halved = next.get();
      assertThat(halved.hasWindowsOf(plan)).isTrue();
      assertThat(halved.plans())
          .extracting(BatchPlan::window)
          .isEqualTo(plan.plans().stream().map(BatchPlan::window).toList());
      assertThat(halved.micro()).isLessThanOrEqualTo(plan.micro() / 2);
      if (plan.micro() % 2 == 0) {
        assertThat(halved.micro()).isEqualTo(plan.micro() / 2);
      }
      plan = halved;
    }
    assertThat(plan.micro()).isEqualTo(1);
  }

  @Test
  void anOddMicroBatchIsCutToWhatFillsAllWindowsExactly() {
    assertThat(StagedPlan.of(new BatchPlan(2, 25, 4)).halved().orElseThrow().first())
        .isEqualTo(new BatchPlan(2, 10, 10));
    assertThat(StagedPlan.of(new BatchPlan(2, 31, 1)).halved().orElseThrow().first())
        .isEqualTo(new BatchPlan(2, 1, 31));
    StagedPlan both = StagedPlan.of(new BatchPlan(2, 25, 4), List.of(new BatchStage(2, 3)));
    assertThat(both.halved().orElseThrow().plans())
        .containsExactly(new BatchPlan(2, 5, 20), new BatchPlan(2, 5, 15));
    assertThat(both.hasWindowsOf(StagedPlan.of(new BatchPlan(2, 25, 4)))).isFalse();
  }

  private static BatchSettings settings(
      OptionalInt micro, MicroSize size, OptionalInt steps, int effective, BatchStage... schedule) {
    return new BatchSettings(
        OptionalInt.of(2),
        micro,
        size,
        steps,
        effective == 0 ? OptionalInt.empty() : OptionalInt.of(effective),
        List.of(schedule));
  }

  @Test
  void stepsMayBeLeftOutWhereTheScheduleBeginsWithTheRun() {
    OptionalInt micro = OptionalInt.of(32);
    OptionalInt none = OptionalInt.empty();
    BatchStage first = new BatchStage(1, 2);
    BatchStage later = new BatchStage(4, 8);
    assertThat(AskedPlan.resolve(settings(micro, MicroSize.GIVEN, none, 0, first, later), none))
        .hasToString(
            "workers 2 x micro 32 x steps 2 = effective 128; from epoch 4 on steps 8 = effective"
                + " 512");
    assertThat(
            AskedPlan.resolve(settings(none, MicroSize.GIVEN, none, 128, first, later), none)
                .plan()
                .micro())
        .isEqualTo(32);
    Refused contradiction =
        (Refused) BatchArithmetic.solve(settings(micro, MicroSize.GIVEN, none, 256, first), none);
    assertThat(contradiction.problem().toString())
        .startsWith("batch.effective = 256: but workers 2 x micro 32 x steps 2 = 128");
    Refused incomplete =
        (Refused) BatchArithmetic.solve(settings(micro, MicroSize.GIVEN, none, 0, later), none);
    assertThat(incomplete.problem().message()).contains("not given: steps, effective");
  }

  @Test
  void theEffectiveBatchThatIsGivenIsThatBeforeTheSchedulesFirstEntry() {
    AskedPlan asked =
        AskedPlan.resolve(
            settings(
                OptionalInt.of(32),
                MicroSize.GIVEN,
                OptionalInt.empty(),
                256,
                new BatchStage(3, 8)),
            OptionalInt.empty());
    assertThat(asked.plan().in(1).effective()).isEqualTo(256);
    assertThat(asked.plan().in(2).effective()).isEqualTo(512);
    assertThat(asked.stored())
        .containsAllEntriesOf(asked.numbers())
        .containsEntry(
            "stages",
            List.of(
                Map.of("from-epoch", 1L, "steps", 4, "effective", 256),
                Map.of("from-epoch", 3L, "steps", 8, "effective", 512)));
  }

  @Test
  void whatAProbeDecidesCannotBeScheduled() {
    Refused refused =
        (Refused)
            BatchArithmetic.solve(
                settings(
                    OptionalInt.empty(),
                    MicroSize.PROBED,
                    OptionalInt.empty(),
                    512,
                    new BatchStage(2, 4)),
                OptionalInt.empty());
    assertThat(refused.problem())
        .hasToString(
            "batch.schedule: contradicts batch.micro = auto, by which the steps follow from the"
                + " micro-batch that fits: memory would decide how many examples enter an update;"
                + " give batch.micro a number, such as the one that a run with auto has found");
  }

  @Test
  void moreExamplesThanAnIntCountsAreRefusedInAnyStage() {
    Refused refused =
        (Refused)
            BatchArithmetic.solve(
                settings(
                    OptionalInt.of(1 << 20),
                    MicroSize.GIVEN,
                    OptionalInt.of(1),
                    0,
                    new BatchStage(2, 4),
                    new BatchStage(7, 1 << 20)),
                OptionalInt.empty());
    assertThat(refused.problem())
        .hasToString(
            "batch.schedule: workers 2 x micro 1048576 x steps 1048576, from epoch 7 on, are too"
                + " many examples for one update; at most 2147483647 in all");
  }
}
