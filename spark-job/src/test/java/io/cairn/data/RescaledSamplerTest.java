/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.EpochWindows;
import io.cairn.plan.RunPosition;
import io.cairn.plan.ShardRange;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.BatchStage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Runs whose number of workers changes at any update, any number of times. */
class RescaledSamplerTest {

  private static final long SEED = 7;

  /** Numbers of workers that divide 12. */
  private static final int[] WORLDS = {1, 2, 3, 4, 6};

  /** The examples of an update, rank by rank. */
  private record Made(Cursor cursor, List<List<Long>> byRank) {
    List<Long> all() {
      return byRank.stream().flatMap(List::stream).toList();
    }
  }

  @Property(tries = 300)
  void everyExampleIsUsedOnceAnEpochInFullEffectiveBatches(
      @ForAll @IntRange(min = 1, max = 700) int examples,
      @ForAll @IntRange(min = 1, max = 3) int micro,
      @ForAll @IntRange(min = 1, max = 2) int rounds,
      @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 4) Integer> worlds,
      @ForAll @Size(value = 6) List<@IntRange(max = 9) Integer> lengths) {
    int effective = 12 * micro * rounds;
    long perEpoch = ((long) examples + effective - 1) / effective;
    RunPosition at = RunPosition.start(plan(worlds.get(0), micro, effective), 0, 0, examples);
    List<Made> made = new ArrayList<>();
    for (int leg = 0; leg < worlds.size(); leg++) {
      at = walk(at, plan(worlds.get(leg), micro, effective), lengths.get(leg), made);
    }
    long toEpochEnd = (at.cursor().epoch() + 2) * perEpoch - at.update();
    at = walk(at, at.plan(), toEpochEnd, made);

    Map<Long, List<Long>> epochs = new HashMap<>();
    for (Made update : made) {
      epochs
          .computeIfAbsent(update.cursor().epoch(), epoch -> new ArrayList<>())
          .addAll(update.all());
      if (update.cursor().position() < perEpoch - 1) {
        assertThat(update.all()).as("%s", update.cursor()).hasSize(effective);
      }
    }
    assertThat(epochs).hasSize((int) at.cursor().epoch());
    for (List<Long> epoch : epochs.values()) {
      assertThat(epoch).doesNotHaveDuplicates().hasSize(examples);
    }
  }

  /** Three stages, in which the number of workers changes at any update. */
  @Property(tries = 200)
  void everyExampleIsUsedOnceInEachEpochOfEachStageWhateverTheWorkers(
      @ForAll @IntRange(min = 1, max = 500) int examples,
      @ForAll @IntRange(min = 1, max = 3) int micro,
      @ForAll @Size(value = 3) List<@IntRange(min = 1, max = 4) Integer> rounds,
      @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 4) Integer> worlds,
      @ForAll @Size(value = 6) List<@IntRange(max = 30) Integer> lengths) {
    StagedPlan alone =
        StagedPlan.of(
            new BatchPlan(1, micro, 12 * rounds.get(0)),
            List.of(new BatchStage(2, 12 * rounds.get(1)), new BatchStage(4, 12 * rounds.get(2))));
    RunPosition at = RunPosition.start(alone.first(), 0, 0, examples);
    List<Made> made = new ArrayList<>();
    for (int leg = 0; leg < worlds.size(); leg++) {
      StagedPlan plan = alone.rescaled(WORLDS[worlds.get(leg)]).orElseThrow();
      at = walk(at, plan.from(at.cursor().epoch()), lengths.get(leg), made);
    }
    long epochs = at.cursor().epoch() + 2;
    long left = alone.updates(epochs, examples) - at.update();
    at = walk(at, alone.from(at.cursor().epoch()), left, made);

    assertThat(at.cursor()).isEqualTo(new Cursor(epochs, 0));
    Map<Long, List<Long>> used = new HashMap<>();
    for (Made update : made) {
      BatchPlan plan = alone.in(update.cursor().epoch());
      used.computeIfAbsent(update.cursor().epoch(), epoch -> new ArrayList<>())
          .addAll(update.all());
      if (update.cursor().position() < plan.updatesPerEpoch(examples) - 1) {
        assertThat(update.all()).as("%s", update.cursor()).hasSize(plan.effective());
      }
    }
    assertThat(used).hasSize((int) epochs);
    for (List<Long> epoch : used.values()) {
      assertThat(epoch).doesNotHaveDuplicates().hasSize(examples);
    }
  }

  @Property(tries = 100)
  void theSameWorkersGoOnExactlyWhereTheyWereEvenInAnEpochThatOthersBegan(
      @ForAll @IntRange(min = 50, max = 400) int examples,
      @ForAll @IntRange(max = 5) int others,
      @ForAll @IntRange(min = 1, max = 5) int before,
      @ForAll @IntRange(min = 1, max = 12) int after) {
    RunPosition start = RunPosition.start(plan(3, 2, 24), 0, 0, examples);
    RunPosition at = walk(start, plan(2, 2, 24), others, new ArrayList<>());
    List<Made> undisturbed = new ArrayList<>();
    walk(at, plan(3, 2, 24), before + after, undisturbed);
    List<Made> interrupted = new ArrayList<>();
    RunPosition middle = walk(at, plan(3, 2, 24), before, interrupted);
    walk(middle, plan(3, 2, 24), after, interrupted);
    assertThat(interrupted).isEqualTo(undisturbed);
  }

  @Test
  void withTheNextEpochEverythingIsAsIfTheseWorkersHadAlwaysBeenThere() {
    RunPosition start = RunPosition.start(plan(2, 2, 24), 0, 0, 100);
    RunPosition at = walk(start, plan(2, 2, 24), 2, new ArrayList<>());
    List<Made> rescaled = new ArrayList<>();
    walk(at, plan(3, 2, 24), 8, rescaled);
    List<Made> always = new ArrayList<>();
    walk(start, plan(3, 2, 24), 10, always);
    assertThat(rescaled.subList(3, 8)).isEqualTo(always.subList(5, 10));
    assertThat(rescaled.subList(0, 3)).doesNotContainAnyElementsOf(always);
  }

  @Test
  void aSmallerMicroBatchInAnEpochThatOthersBeganKeepsItsWindows() {
    RunPosition start = RunPosition.start(plan(2, 4, 48), 0, 0, 230);
    RunPosition at = walk(start, plan(2, 4, 48), 2, new ArrayList<>());
    RankSampler sampler = RankSampler.from(at, StagedPlan.of(plan(3, 4, 48)), SEED, 1, 9);
    RankSampler halved =
        sampler.rest(at.cursor(), 9, StagedPlan.of(plan(3, 4, 48)).halved().orElseThrow());
    Window whole = sampler.window(at.cursor());
    assertThat(whole.microBatches()).containsExactly(4, 4, 4);
    assertThat(halved.window(at.cursor()).microBatches()).containsExactly(2, 2, 2, 2, 2, 2);
    assertThat(examples(halved, at.cursor())).isEqualTo(examples(sampler, at.cursor()));
  }

  @Test
  void aRunThatGoesOnFromATrainedModelVisitsItsExamplesInTheNextEpochsOrder() {
    BatchPlan plan = plan(2, 2, 24);
    RunPosition fromNothing = RunPosition.start(plan, 0, 0, 100);
    RunPosition fromTrained = RunPosition.start(plan, 10, 2, 100);
    for (int rank = 0; rank < plan.workers(); rank++) {
      RankSampler whole = RankSampler.from(fromNothing, StagedPlan.of(plan), SEED, rank, 20);
      RankSampler next = RankSampler.from(fromTrained, StagedPlan.of(plan), SEED, rank, 10);
      assertThat(examples(next, new Cursor(0, 1))).isEqualTo(examples(whole, new Cursor(2, 1)));
      assertThat(examples(next, new Cursor(1, 0))).isEqualTo(examples(whole, new Cursor(3, 0)));
    }
  }

  private static BatchPlan plan(int world, int micro, int effective) {
    int workers = WORLDS[world];
    assertThat(effective % (workers * micro)).isZero();
    return new BatchPlan(workers, micro, effective / workers / micro);
  }

  /** Makes so many updates from a place on. */
  private static RunPosition walk(RunPosition from, BatchPlan plan, long updates, List<Made> made) {
    return walk(from, StagedPlan.of(plan), updates, made);
  }

  private static RunPosition walk(
      RunPosition from, StagedPlan plan, long updates, List<Made> made) {
    List<RankSampler> samplers = new ArrayList<>();
    for (int rank = 0; rank < plan.workers(); rank++) {
      samplers.add(RankSampler.from(from, plan, SEED, rank, updates));
    }
    RunPosition at = from;
    for (long i = 0; i < updates; i++) {
      Cursor cursor = at.cursor();
      List<List<Long>> byRank =
          samplers.stream().map(sampler -> examples(sampler, cursor)).toList();
      made.add(new Made(cursor, byRank));
      Cursor next = samplers.get(0).window(cursor).next();
      at = at.under(plan.in(cursor.epoch())).after(next, at.iteration() + 1, next.epoch());
    }
    return at;
  }

  /** By their places in the line of all examples. */
  private static List<Long> examples(RankSampler sampler, Cursor cursor) {
    ShardRange shard = sampler.shard();
    EpochOrder order = new EpochOrder((int) shard.size(), SEED, sampler.rank());
    sampler.begin(order, cursor.epoch());
    EpochWindows windows = sampler.windows(cursor.epoch());
    List<Long> examples = new ArrayList<>();
    long first = windows.windowStart(sampler.rank(), cursor.position());
    for (long i = 0; i < windows.windowExamples(sampler.rank(), cursor.position()); i++) {
      examples.add(shard.start() + order.example((int) (first + i)));
    }
    return examples;
  }
}
