/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.EpochSchedule;
import io.cairn.plan.RunPosition;
import io.cairn.plan.ShardRange;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.BatchStage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.api.MultiDataSet;

class MicroBatchesTest {
  private static final long SEED = 7;

  @Property(tries = 60)
  void everyExampleIsHandedOutExactlyOnceAnEpoch(
      @ForAll @IntRange(min = 1, max = 120) int examples,
      @ForAll @IntRange(min = 1, max = 4) int workers,
      @ForAll @IntRange(min = 1, max = 7) int micro,
      @ForAll @IntRange(min = 1, max = 5) int steps)
      throws Exception {
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(workers, micro, steps), examples);
    long epochs = 2;
    List<List<Integer>> seen = List.of(new ArrayList<>(), new ArrayList<>());
    for (int rank = 0; rank < workers; rank++) {
      RankSampler sampler =
          new RankSampler(schedule, SEED, rank, Cursor.START, epochs * schedule.updates());
      for (Taken taken : walk(sampler)) {
        assertThat(taken.examples()).hasSize(taken.window().examples());
        assertThat(taken.window().microBatches()).hasSizeLessThanOrEqualTo(steps);
        seen.get((int) taken.window().cursor().epoch()).addAll(taken.examples());
      }
    }
    for (List<Integer> epoch : seen) {
      assertThat(epoch)
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, examples).boxed().toList());
    }
  }

  @Test
  void goingOnFromACursorHandsOutTheSameAsNeverHavingStopped() throws Exception {
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(2, 3, 2), 41);
    List<Taken> whole = walk(new RankSampler(schedule, SEED, 1, Cursor.START, 12));
    for (int stop = 0; stop < 12; stop++) {
      Cursor cursor = stop == 0 ? Cursor.START : whole.get(stop - 1).window().next();
      assertThat(walk(new RankSampler(schedule, SEED, 1, cursor, 12 - stop)))
          .isEqualTo(whole.subList(stop, 12));
    }
  }

  /**
   * The ranks have not the same number of examples left, so that near the end each begins its
   * window at a place of its own.
   */
  @Property(tries = 30)
  void anEpochThatOthersBeganIsHandedOutToItsEndEveryExampleOnce(
      @ForAll @IntRange(min = 90, max = 200) int examples,
      @ForAll @IntRange(min = 1, max = 12) int begun)
      throws Exception {
    BatchPlan two = new BatchPlan(2, 1, 3);
    BatchPlan three = new BatchPlan(3, 1, 2);
    RunPosition at = RunPosition.start(two, 0, 0, examples);
    List<Integer> epoch = new ArrayList<>();
    for (Window window : walkAll(at, two, begun, epoch)) {
      at = at.after(window.next(), at.iteration() + 1, window.next().epoch());
    }
    long updates = ((long) examples + three.effective() - 1) / three.effective();
    List<Window> rest = walkAll(at, three, updates - begun, epoch);
    assertThat(rest.get(rest.size() - 1).next()).isEqualTo(new Cursor(1, 0));
    assertThat(epoch)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, examples).boxed().toList());
  }

  @Test
  void epochsHaveDifferentOrders() throws Exception {
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(1, 8, 8), 64);
    List<Taken> epochs = walk(new RankSampler(schedule, SEED, 0, Cursor.START, 2));
    assertThat(epochs.get(0).examples()).isNotEqualTo(epochs.get(1).examples());
  }

  @Test
  void aRankWithoutExamplesHasEmptyWindows() throws Exception {
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(3, 2, 1), 2);
    List<Taken> taken = walk(new RankSampler(schedule, SEED, 0, Cursor.START, 3));
    assertThat(taken).hasSize(3).allMatch(t -> t.window().microBatches().isEmpty());
  }

  @Test
  void memoryIsThatOfThreeMicroBatchesHoweverManySteps() throws Exception {
    Set<Long> addresses = new HashSet<>();
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(1, 4, 50), 203);
    RankSampler sampler = new RankSampler(schedule, SEED, 0, Cursor.START, 4);
    try (Staged staged = Staged.of(sampler);
        MicroBatches batches = MicroBatches.start(staged.shard(), sampler)) {
      for (var window = batches.nextWindow(); window.isPresent(); window = batches.nextWindow()) {
        for (int size : window.get().microBatches()) {
          MultiDataSet batch = batches.next();
          assertThat(batch.getFeatures(0).shape()).containsExactly(size, 1);
          addresses.add(batch.getFeatures(0).data().pointer().address());
        }
      }
    }
    assertThat(addresses).hasSizeLessThanOrEqualTo(1 + MicroBatches.AHEAD);
  }

  @Test
  void aFailureOfTheReadingThreadReachesTheTakerEveryTime() {
    Prefetcher.Filler failing =
        slot -> {
          throw new OutOfMemoryError("no more");
        };
    try (Prefetcher prefetcher = new Prefetcher("test", Records.NUMBERED, 1, 1, 1, failing)) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(prefetcher::take)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("reading the next micro-batch failed: java.lang.OutOfMemoryError: no more")
            .hasCauseInstanceOf(OutOfMemoryError.class);
      }
    }
  }

  @Test
  void aWindowThatIsBegunAgainHasTheSameExamplesInSmallerMicroBatches() throws Exception {
    BatchPlan plan = new BatchPlan(2, 6, 2);
    EpochSchedule schedule = new EpochSchedule(plan, 61);
    RankSampler sampler = new RankSampler(schedule, SEED, 1, Cursor.START, 5);
    List<Taken> undisturbed = walk(sampler);
    try (Staged staged = Staged.of(sampler);
        MicroBatches batches = MicroBatches.start(staged.shard(), sampler)) {
      for (Taken expected : undisturbed) {
        batches.nextWindow();
        BatchPlan smaller = batches.plan();
        if (expected.window().cursor().equals(new Cursor(0, 1))) {
          batches.next();
          smaller = new BatchPlan(2, 3, 4);
          Window again = batches.halve().orElseThrow();
          assertThat(again.microBatches()).containsExactly(3, 3, 3, 3);
        }
        List<Integer> examples = new ArrayList<>();
        for (int left = expected.examples().size(); left > 0; left -= smaller.micro()) {
          examples.addAll(examples(batches.next()));
        }
        assertThat(examples).isEqualTo(expected.examples());
        assertThat(batches.plan()).isEqualTo(smaller);
      }
      assertThat(batches.nextWindow()).isEmpty();
      assertThatThrownBy(() -> sampler.rest(Cursor.START, 5, StagedPlan.of(new BatchPlan(2, 4, 2))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has other windows than");
    }
  }

  @Test
  void smallerMicroBatchesStaySmallerInTheNextStage() throws Exception {
    StagedPlan plan =
        StagedPlan.of(new BatchPlan(2, 6, 2), List.of(new BatchStage(2, 1), new BatchStage(3, 3)));
    RunPosition start = RunPosition.start(plan.first(), 0, 0, 61);
    RankSampler sampler = RankSampler.from(start, plan, SEED, 1, 11);
    List<Taken> undisturbed = walk(sampler);
    assertThat(undisturbed)
        .extracting(taken -> taken.examples().size())
        .containsExactly(12, 12, 7, 6, 6, 6, 6, 6, 1, 18, 13);
    try (Staged staged = Staged.of(sampler);
        MicroBatches batches = MicroBatches.start(staged.shard(), sampler)) {
      for (Taken expected : undisturbed) {
        Window window = batches.nextWindow().orElseThrow();
        assertThat(batches.beginsStage())
            .isEqualTo(window.cursor().position() == 0 && window.cursor().epoch() > 0);
        if (expected.window().cursor().equals(new Cursor(0, 1))) {
          window = batches.halve().orElseThrow();
        }
        List<Integer> examples = new ArrayList<>();
        for (int size : window.microBatches()) {
          List<Integer> some = examples(batches.next());
          assertThat(some).hasSize(size);
          examples.addAll(some);
        }
        assertThat(examples).isEqualTo(expected.examples());
        boolean isHalved = !expected.window().cursor().equals(Cursor.START);
        BatchPlan whole = plan.in(window.cursor().epoch());
        assertThat(batches.plan())
            .isEqualTo(isHalved ? new BatchPlan(2, 3, whole.steps() * 2) : whole);
      }
    }
  }

  @Test
  void arraysAreFilledAgainOnlyWhenAsManyOthersAreInUse() throws Exception {
    AtomicInteger taken = new AtomicInteger();
    List<Integer> takenWhenFilled = Collections.synchronizedList(new ArrayList<>());
    Prefetcher.Filler filler =
        slot -> {
          takenWhenFilled.add(taken.get());
          slot.add(Records.record(Records.NUMBERED).putFloat(1).putFloat(2), 0);
          return takenWhenFilled.size() <= 8;
        };
    try (Prefetcher prefetcher = new Prefetcher("test", Records.NUMBERED, 1, 3, 2, filler)) {
      for (int batch = 0; batch < 8; batch++) {
        taken.incrementAndGet();
        prefetcher.take();
      }
    }
    for (int fill = 5; fill < 8; fill++) {
      assertThat(takenWhenFilled.get(fill)).isGreaterThanOrEqualTo(fill - 1);
    }
  }

  @Test
  void windowsAreTakenWhole() throws Exception {
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(1, 2, 2), 8);
    RankSampler sampler = new RankSampler(schedule, SEED, 0, Cursor.START, 2);
    try (Staged staged = Staged.of(sampler);
        MicroBatches batches = MicroBatches.start(staged.shard(), sampler)) {
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the window has no more micro-batches");
      assertThat(batches.nextWindow()).isPresent();
      batches.next();
      assertThatThrownBy(batches::nextWindow)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("1 micro-batches of the window are not taken yet");
    }
  }

  @Test
  void aShardOfAnotherSizeThanTheScheduleSaysIsRefused() throws Exception {
    RankSampler sampler =
        new RankSampler(new EpochSchedule(new BatchPlan(1, 2, 2), 8), SEED, 0, Cursor.START, 2);
    RankSampler other =
        new RankSampler(new EpochSchedule(new BatchPlan(1, 2, 2), 9), SEED, 0, Cursor.START, 2);
    try (Staged staged = Staged.of(sampler)) {
      assertThatThrownBy(() -> MicroBatches.start(staged.shard(), other))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the shard of rank 0 holds 8 examples, the schedule gives it 9");
    }
  }

  @Test
  void validationHandsOutEveryExampleOnceInShardOrder() throws Exception {
    RankSampler sampler =
        new RankSampler(new EpochSchedule(new BatchPlan(1, 2, 2), 11), SEED, 0, Cursor.START, 0);
    List<Integer> seen = new ArrayList<>();
    try (Staged staged = Staged.of(sampler);
        ValidationBatches batches = ValidationBatches.start(staged.shard(), 4)) {
      for (var batch = batches.next(); batch.isPresent(); batch = batches.next()) {
        seen.addAll(examples(batch.get()));
      }
    }
    assertThat(seen).containsExactlyElementsOf(IntStream.range(0, 11).boxed().toList());
  }

  /** Lets every rank of a plan make so many updates; the windows are those of the last one. */
  private static List<Window> walkAll(
      RunPosition at, BatchPlan plan, long updates, List<Integer> examples) throws Exception {
    List<Window> windows = List.of();
    for (int rank = 0; rank < plan.workers(); rank++) {
      List<Taken> taken = walk(RankSampler.from(at, StagedPlan.of(plan), SEED, rank, updates));
      taken.forEach(update -> examples.addAll(update.examples()));
      windows = taken.stream().map(Taken::window).toList();
    }
    return windows;
  }

  private record Taken(Window window, List<Integer> examples) {}

  private static List<Taken> walk(RankSampler sampler) throws Exception {
    List<Taken> taken = new ArrayList<>();
    try (Staged staged = Staged.of(sampler);
        MicroBatches batches = MicroBatches.start(staged.shard(), sampler)) {
      for (var window = batches.nextWindow(); window.isPresent(); window = batches.nextWindow()) {
        List<Integer> examples = new ArrayList<>();
        for (int size : window.get().microBatches()) {
          List<Integer> batch = examples(batches.next());
          assertThat(batch).hasSize(size);
          examples.addAll(batch);
        }
        taken.add(new Taken(window.get(), examples));
      }
    }
    return taken;
  }

  private static List<Integer> examples(MultiDataSet batch) {
    float[] inputs = batch.getFeatures(0).reshape(-1).toFloatVector();
    float[] outputs = batch.getLabels(0).reshape(-1).toFloatVector();
    List<Integer> examples = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      assertThat(outputs[i]).isEqualTo(-inputs[i]);
      examples.add((int) inputs[i]);
    }
    return examples;
  }

  /** The shard of a course over numbered examples. */
  private record Staged(Shard shard, Path directory) implements AutoCloseable {
    static Staged of(RankSampler sampler) throws IOException {
      ShardRange range = sampler.shard();
      Path directory = Files.createTempDirectory("cairn-test-");
      return new Staged(
          Shard.stage(
              Records.numbered((int) range.start(), (int) range.size()),
              Records.NUMBERED,
              Scaling.none(),
              directory),
          directory);
    }

    @Override
    public void close() throws IOException {
      shard.close();
      Files.delete(directory);
    }
  }
}
