/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Field.Role;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.BatchSettings.MicroSize;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;

/** A probe tries passes of the real model, and leaves no trace in it. */
class MicroProbeTest {

  private static final int EXAMPLES = 103;
  private static final int UPDATES = 12;
  private static final ExampleLayout LAYOUT =
      new ExampleLayout(
          ElementKind.FLOAT32,
          List.of(Field.vector("x", Role.INPUT, 7), Field.classIndex("y", Role.OUTPUT, 4)));

  @TempDir Path directory;

  /** Everything that a pass could leave behind: two kinds of noise, running statistics, moments. */
  private static byte[] archive() {
    String json =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .dataType(DataType.FLOAT)
            .updater(new Adam(0.01))
            .activation(Activation.TANH)
            .weightNoise(new DropConnect(0.8))
            .list()
            .layer(Models.dense(7, 9))
            .layer(new BatchNormalization.Builder().nIn(9).nOut(9).build())
            .layer(new DropoutLayer(0.7))
            .layer(Models.classes(9, 4))
            .build()
            .toJson();
    return ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
  }

  private List<RankGroup.Rank> train(BatchPlan plan, MicroSize microSize) throws Exception {
    WorkerSpec spec =
        new TestSpec(plan, EXAMPLES, UPDATES, LAYOUT, archive()).microSize(microSize).build();
    return new RankGroup(spec, Records.random(LAYOUT, EXAMPLES, 3), directory).train();
  }

  @Test
  void theRunIsThatOfWhoeverHadAskedForThePlanThatItFinds() throws Exception {
    List<RankGroup.Rank> probed = train(new BatchPlan(3, 1, 12), MicroSize.PROBED);
    List<RankGroup.Rank> asked = train(new BatchPlan(3, 12, 1), MicroSize.GIVEN);
    for (int rank = 0; rank < 3; rank++) {
      assertThat(probed.get(rank).at().plan()).isEqualTo(new BatchPlan(3, 12, 1));
      assertThat(probed.get(rank).digests()).hasSize(UPDATES).isEqualTo(asked.get(rank).digests());
      assertThat(probed.get(rank).replica().state().digest())
          .isEqualTo(asked.get(rank).replica().state().digest());
      assertThat(probed.get(rank).at()).isEqualTo(asked.get(rank).at());
    }
  }
}
