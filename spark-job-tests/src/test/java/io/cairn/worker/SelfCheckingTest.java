/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Field.Role;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Ranks that try their gradients end alike, and leave no trace in the run that follows. */
class SelfCheckingTest {

  private static final ExampleLayout LAYOUT =
      new ExampleLayout(
          ElementKind.FLOAT32,
          List.of(Field.vector("x", Role.INPUT, 7), Field.classIndex("y", Role.OUTPUT, 2)));

  @TempDir Path directory;

  /** Everything that a pass could leave behind: two kinds of noise, running statistics, moments. */
  private static byte[] archive(ILossFunction loss) {
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
            .layer(
                new OutputLayer.Builder(loss)
                    .nIn(9)
                    .nOut(2)
                    .name("out")
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    return ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
  }

  private List<RankGroup.Rank> train(
      ILossFunction loss, SelfCheck selfCheck, MicroSize microSize, int examples) throws Exception {
    byte[] archive = archive(loss);
    WorkerSpec spec =
        new TestSpec(new BatchPlan(3, 4, 2), examples, 9, LAYOUT, archive)
            .microSize(microSize)
            .selfCheck(selfCheck)
            .build();
    return new RankGroup(spec, Records.random(LAYOUT, examples, 3), directory).train();
  }

  @Test
  void theRunIsToTheBitTheOneWithoutIt() throws Exception {
    List<RankGroup.Rank> on = train(new LossMCXENT(), SelfCheck.ON, MicroSize.GIVEN, 103);
    List<RankGroup.Rank> off = train(new LossMCXENT(), SelfCheck.OFF, MicroSize.GIVEN, 103);
    for (int rank = 0; rank < 3; rank++) {
      assertThat(on.get(rank).digests()).hasSize(9).isEqualTo(off.get(rank).digests());
      assertThat(on.get(rank).replica().state().digest())
          .isEqualTo(off.get(rank).replica().state().digest());
      assertThat(on.get(rank).selfCheck())
          .startsWith("self-check: gradients agree with float64 to ")
          .contains("; sums over micro-batches add up to ", " on 8 examples; ")
          .isEqualTo(on.get(0).selfCheck());
      assertThat(off.get(rank).selfCheck()).isEmpty();
    }
  }

  @Test
  void aRankWithoutExamplesTakesPart() throws Exception {
    List<RankGroup.Rank> ranks = train(new LossMCXENT(), SelfCheck.ON, MicroSize.GIVEN, 2);
    assertThat(ranks.get(2).selfCheck())
        .contains(
            "gradients agree with float64 to ",
            " on 1 example;",
            "gradients not compared on rank 0, for there are no examples");
  }

  @Test
  void gradientsThatDoNotAddUpEndEveryRankWithOneCause() {
    assertThatThrownBy(() -> train(new MeanOverBatch(), SelfCheck.ON, MicroSize.GIVEN, 103))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("self-check: gradients do not add up on rank 0")
        .hasMessageContaining("nearest to the loss in layer out, parameter")
        .hasMessageContaining("train.self-check = off");
  }
}
