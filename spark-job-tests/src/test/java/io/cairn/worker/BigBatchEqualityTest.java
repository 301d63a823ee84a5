/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.EpochSchedule;
import io.cairn.plan.StagedPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.BatchStage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The promise: the result is that of one big batch, whatever the split. */
class BigBatchEqualityTest {

  private static final int UPDATES = 20;

  /** Divides by no number of workers, micro-batch or steps used here. */
  private static final int EXAMPLES = 101;

  private static final List<BatchStage> STEPS_THAT_CHANGE =
      List.of(new BatchStage(2, 3), new BatchStage(4, 8), new BatchStage(5, 2));

  private int bucketBytes = GradientBuckets.LONGEST_BYTES;

  @TempDir Path directory;

  /** Each model with each split, and with each optimizer; all of them together are heavy. */
  static Stream<Arguments> some() {
    return all().filter(BigBatchEqualityTest::isOneOfSome);
  }

  static Stream<Arguments> others() {
    return all().filter(each -> !isOneOfSome(each));
  }

  private static boolean isOneOfSome(Arguments each) {
    return each.get()[1] == Models.Optimizer.values()[0]
        || (each.get()[2].equals(3) && each.get()[3].equals(3));
  }

  /** float64 shows that the split is exact; float32 has the same paths, in two splits of each. */
  static Stream<Arguments> few() {
    return some().filter(each -> !each.get()[2].equals(1) && each.get()[3].equals(3));
  }

  static Stream<Arguments> all() {
    List<Arguments> all = new ArrayList<>();
    for (Models model : Models.values()) {
      for (Models.Optimizer optimizer : Models.Optimizer.values()) {
        for (int workers = 1; workers <= 3; workers++) {
          for (int steps : new int[] {1, 3, 8}) {
            all.add(Arguments.of(model, optimizer, workers, steps));
          }
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} {1} workers={2} steps={3}")
  @MethodSource("some")
  void float64EqualsPlainFitTo1e10(Models model, Models.Optimizer optimizer, int workers, int steps)
      throws Exception {
    requireEqual(model, optimizer, plan(workers, steps), ElementKind.FLOAT64, 1e-10);
  }

  @ParameterizedTest(name = "{0} {1} workers={2} steps={3}")
  @MethodSource("few")
  void float32EqualsPlainFitTo1e5(Models model, Models.Optimizer optimizer, int workers, int steps)
      throws Exception {
    requireEqual(model, optimizer, plan(workers, steps), ElementKind.FLOAT32, 1e-5);
  }

  @ParameterizedTest(name = "{0} {1} workers={2} steps={3}")
  @MethodSource("others")
  @Tag("heavy")
  void everyOtherSplitEqualsPlainFit(
      Models model, Models.Optimizer optimizer, int workers, int steps) throws Exception {
    float64EqualsPlainFitTo1e10(model, optimizer, workers, steps);
  }

  /** Too large a model goes in several buckets; here a bucket is too small for any model. */
  @ParameterizedTest(name = "{0}")
  @EnumSource(Models.class)
  void severalBucketsEqualPlainFitTo1e10(Models model) throws Exception {
    int workers = 3;
    bucketBytes = UpdateSums.tailBytes(workers, Weights.NONE);
    requireEqual(
        model, Models.Optimizer.ADAM_SCHEDULE_DECAY, plan(workers, 3), ElementKind.FLOAT64, 1e-10);
  }

  /** An update of each epoch is one batch of that epoch's own size. */
  @ParameterizedTest(name = "{0}")
  @EnumSource(Models.class)
  void whereTheStepsChangeEachUpdateEqualsAPlainFitOfItsOwnEffectiveBatch(Models model)
      throws Exception {
    StagedPlan growing = StagedPlan.of(new BatchPlan(3, 4, 1), STEPS_THAT_CHANGE);
    List<RankGroup.Rank> ranks =
        requireEqual(
            model, Models.Optimizer.ADAM_SCHEDULE_DECAY, growing, ElementKind.FLOAT64, 1e-10);
    assertThat(ranks.get(0).steps())
        .extracting(UpdateResult::examples)
        .containsExactly(
            12L, 12L, 12L, 12L, 12L, 12L, 12L, 12L, 5L, 36L, 36L, 29L, 36L, 36L, 29L, 96L, 5L, 24L,
            24L, 24L);
  }

  /** The sum of two is the same whichever is first. */
  @Test
  void amongTwoRanksSeveralBucketsGiveTheBitsOfOne() throws Exception {
    for (ElementKind kind : ElementKind.values()) {
      ExampleLayout layout = Models.DENSE.layout(kind);
      byte[] archive =
          ModelSource.read(
                  "test",
                  Models.DENSE.configuration(kind, Models.Optimizer.ADAM_SCHEDULE_DECAY),
                  11)
              .archive();
      WorkerSpec spec =
          new TestSpec(new BatchPlan(2, 4, 3), EXAMPLES, UPDATES, layout, archive)
              .clippedTo(0.5)
              .build();
      List<byte[]> records = Records.random(layout, EXAMPLES, 3);
      List<List<Integer>> digests = new ArrayList<>();
      int tail = UpdateSums.tailBytes(2, Weights.NONE);
      for (int bytes : new int[] {GradientBuckets.LONGEST_BYTES, tail + 56, tail}) {
        RankGroup group = new RankGroup(spec, records, directory).bucketsOf(bytes);
        List<RankGroup.Rank> ranks = group.train();
        assertThat(ranks.get(1).digests()).isEqualTo(ranks.get(0).digests());
        digests.add(ranks.get(0).digests());
      }
      assertThat(digests.get(1)).as("%s in some", kind).isEqualTo(digests.get(0));
      assertThat(digests.get(2)).as("%s in many", kind).isEqualTo(digests.get(0));
    }
  }

  private static StagedPlan plan(int workers, int steps) {
    return StagedPlan.of(new BatchPlan(workers, 4, steps));
  }

  private List<RankGroup.Rank> requireEqual(
      Models model, Models.Optimizer optimizer, StagedPlan plan, ElementKind kind, double tolerance)
      throws Exception {
    ExampleLayout layout = model.layout(kind);
    ModelSource source = ModelSource.read("test", model.configuration(kind, optimizer), 11);
    byte[] archive = source.archive();
    WorkerSpec spec = new TestSpec(plan, EXAMPLES, UPDATES, layout, archive).build();
    List<RankGroup.Rank> ranks =
        new RankGroup(spec, Records.random(layout, EXAMPLES, 3), directory)
            .bucketsOf(bucketBytes)
            .train();

    PlainTraining plain = plainTraining(spec, ranks, archive, model == Models.GRAPH);

    for (RankGroup.Rank rank : ranks) {
      assertThat(rank.digests()).as("bits after every update").isEqualTo(ranks.get(0).digests());
    }
    Model ours = ReplicaAccess.model(ranks.get(0).replica());
    assertThat(largestDifference(ours.params(), plain.model().params()))
        .as("parameters after %d updates", UPDATES)
        .isLessThan(tolerance);
    for (int i = 0; i < UPDATES; i++) {
      assertThat(ranks.get(0).steps().get(i).applied().loss())
          .as("loss of update %d", i + 1)
          .isCloseTo(plain.scores().get(i), offset(tolerance * 10));
    }
    return ranks;
  }

  private static PlainTraining plainTraining(
      WorkerSpec spec, List<RankGroup.Rank> ranks, byte[] archive, boolean graph) throws Exception {
    PlainTraining plain = new PlainTraining(archive, graph);
    for (int update = 0; update < UPDATES; update++) {
      List<MultiDataSet> parts = new ArrayList<>();
      for (RankGroup.Rank rank : ranks) {
        parts.addAll(rank.windows().get(update));
      }
      MultiDataSet whole = PlainTraining.concatenated(parts);
      Cursor at = spec.plan().after(update, EXAMPLES);
      EpochSchedule epoch = new EpochSchedule(spec.plan().in(at.epoch()), EXAMPLES);
      assertThat(whole.getFeatures(0).size(0)).isEqualTo(epoch.updateExamples(at.position()));
      plain.fit(whole);
      if (at.position() == epoch.updates() - 1) {
        plain.epochDone();
      }
    }
    return plain;
  }

  private static double largestDifference(INDArray a, INDArray b) {
    return a.reshape(a.length()).sub(b.reshape(b.length())).amaxNumber().doubleValue();
  }
}
