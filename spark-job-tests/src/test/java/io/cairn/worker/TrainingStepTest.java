/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.telemetry.UpdateMetrics.Outcome;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingStepTest {

  private static final Models MODEL = Models.DENSE;
  private static final int EXAMPLES = 101;

  @TempDir Path directory;

  private static byte[] archive() {
    return ModelSource.read(
            "test",
            MODEL.configuration(ElementKind.FLOAT32, Models.Optimizer.ADAM_SCHEDULE_DECAY),
            11)
        .archive();
  }

  private static ExampleLayout layout() {
    return MODEL.layout(ElementKind.FLOAT32);
  }

  private static WorkerSpec spec(int workers, long updates, double clip, OnNonFinite onNonFinite) {
    return new TestSpec(new BatchPlan(workers, 4, 3), EXAMPLES, updates, layout(), archive())
        .clippedTo(clip)
        .onNonFinite(onNonFinite)
        .build();
  }

  private List<RankGroup.Rank> train(WorkerSpec spec, List<byte[]> records) throws Exception {
    return new RankGroup(spec, records, directory).train();
  }

  private static List<byte[]> records() {
    return Records.random(layout(), EXAMPLES, 3);
  }

  /** One example whose first feature is not a number, in the last rank's shard. */
  private static List<byte[]> poisoned() {
    List<byte[]> records = records();
    ByteBuffer.wrap(records.get(EXAMPLES - 1))
        .order(ExampleLayout.BYTE_ORDER)
        .putFloat(0, Float.NaN);
    return records;
  }

  @Test
  void twoRunsOfTheSameSettingsGiveTheSameBits() throws Exception {
    WorkerSpec spec = spec(3, 60, 0.5, OnNonFinite.FAIL);
    List<RankGroup.Rank> first = train(spec, records());
    List<RankGroup.Rank> second = train(spec, records());
    assertThat(second.get(0).digests()).isEqualTo(first.get(0).digests());
    assertThat(first.get(0).digests()).doesNotHaveDuplicates().hasSize(60);
    for (RankGroup.Rank rank : first) {
      assertThat(rank.digests()).isEqualTo(first.get(0).digests());
    }
  }

  @Test
  void aNonFiniteGradientFailsEveryRankAlikeNamingUpdateAndLayer() {
    WorkerSpec spec = spec(3, 20, Double.POSITIVE_INFINITY, OnNonFinite.FAIL);
    assertThatThrownBy(() -> train(spec, poisoned()))
        .cause()
        .isInstanceOf(NonFiniteGradientException.class)
        .hasMessageMatching("update \\d+: the gradient is not finite, first in layer layer0, .*");
  }

  @Test
  void aSkippedUpdateIsLeftOutByEveryRankAndTheRunGoesOn() throws Exception {
    WorkerSpec spec = spec(3, 20, Double.POSITIVE_INFINITY, OnNonFinite.SKIP);
    List<RankGroup.Rank> ranks = train(spec, poisoned());
    List<Outcome> outcomes =
        ranks.get(0).steps().stream().map(step -> step.applied().outcome()).toList();
    assertThat(outcomes).contains(Outcome.SKIPPED, Outcome.APPLIED);
    for (RankGroup.Rank rank : ranks) {
      assertThat(rank.digests()).isEqualTo(ranks.get(0).digests());
      assertThat(rank.steps().stream().map(step -> step.applied().outcome())).isEqualTo(outcomes);
    }
    for (int i = 1; i < outcomes.size(); i++) {
      boolean same = ranks.get(0).digests().get(i).equals(ranks.get(0).digests().get(i - 1));
      assertThat(same).isEqualTo(outcomes.get(i) == Outcome.SKIPPED);
    }
  }

  @Test
  void examplesAndNormAreThoseOfAllRanks() throws Exception {
    List<RankGroup.Rank> ranks =
        train(spec(2, 9, Double.POSITIVE_INFINITY, OnNonFinite.FAIL), records());
    assertThat(ranks.get(0).steps().stream().mapToLong(UpdateResult::examples).limit(5).sum())
        .as("an epoch of five updates")
        .isEqualTo(EXAMPLES);
    for (int i = 0; i < 9; i++) {
      assertThat(ranks.get(0).steps().get(i).applied().gradientNorm())
          .isPositive()
          .isEqualTo(ranks.get(1).steps().get(i).applied().gradientNorm());
    }
  }
}
