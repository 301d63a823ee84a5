/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Real ranks over the real ring, whose number changes in mid-epoch: what comes out is what plain
 * DL4J makes of the same batches, and those are what was promised.
 */
class RescaleTest {

  private static final Models MODEL = Models.DENSE;
  private static final int EXAMPLES = 101;
  private static final int EFFECTIVE = 24;
  private static final int UPDATES_PER_EPOCH = 5;

  @TempDir Path directory;

  @Test
  void threeThenTwoThenFourWorkersUseEachExampleOnceAnEpochInTheSameEffectiveBatch()
      throws Exception {
    ExampleLayout layout = MODEL.layout(ElementKind.FLOAT64);
    byte[] archive =
        ModelSource.read(
                "test",
                MODEL.configuration(ElementKind.FLOAT64, Models.Optimizer.ADAM_SCHEDULE_DECAY),
                11)
            .archive();
    List<byte[]> records = Records.random(layout, EXAMPLES, 3);
    List<MultiDataSet> updates = new ArrayList<>();
    Optional<RankGroup.Start> start = Optional.empty();
    BatchPlan plan = new BatchPlan(3, 2, 4);
    // Changes after the second and the third of five updates; then to the end of the third epoch.
    for (int[] leg : new int[][] {{3, 2}, {2, 1}, {4, 12}}) {
      plan = plan.rescaled(leg[0]).orElseThrow();
      WorkerSpec spec = new TestSpec(plan, EXAMPLES, leg[1], layout, archive).build();
      List<RankGroup.Rank> ranks = new RankGroup(spec, records, directory, start).train();
      for (RankGroup.Rank rank : ranks) {
        assertThat(rank.digests()).isEqualTo(ranks.get(0).digests());
        assertThat(rank.at()).isEqualTo(ranks.get(0).at());
      }
      updates.addAll(RankGroup.together(ranks));
      start = Optional.of(new RankGroup.Start(ranks.get(0).at(), ranks.get(0).replica()));
    }

    assertThat(start.orElseThrow().at().cursor().epoch()).isEqualTo(3);
    assertThat(updates).hasSize(3 * UPDATES_PER_EPOCH);
    List<String> all = null;
    for (int epoch = 0; epoch < 3; epoch++) {
      List<String> used = new ArrayList<>();
      for (int i = 0; i < UPDATES_PER_EPOCH; i++) {
        MultiDataSet update = updates.get(epoch * UPDATES_PER_EPOCH + i);
        List<String> examples = RankGroup.rows(update.getFeatures(0));
        boolean last = i == UPDATES_PER_EPOCH - 1;
        assertThat(examples).hasSize(last ? EXAMPLES % EFFECTIVE : EFFECTIVE);
        used.addAll(examples);
      }
      assertThat(used).doesNotHaveDuplicates().hasSize(EXAMPLES);
      all = all == null ? used : all;
      assertThat(used).containsExactlyInAnyOrderElementsOf(all);
    }

    PlainTraining plain = new PlainTraining(archive, false);
    for (int i = 0; i < updates.size(); i++) {
      plain.fit(updates.get(i));
      if ((i + 1) % UPDATES_PER_EPOCH == 0) {
        plain.epochDone();
      }
    }
    Model ours = ReplicaAccess.model(start.orElseThrow().replica());
    INDArray difference = ours.params().sub(plain.model().params());
    assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-10);
  }
}
