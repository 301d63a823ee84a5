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
import io.cairn.settings.BatchSettings.MicroSize;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/** How many threads compute the micro-batches of a rank is nothing to the result, to the bit. */
class SeveralThreadsTest {

  private static final int EXAMPLES = 101;
  private static final int UPDATES = 9;

  /** Passes on threads besides the ranks' own until one of them has no memory; 0 for never. */
  private static final AtomicInteger UNTIL_EXHAUSTED = new AtomicInteger();

  @TempDir Path directory;

  /** Has no memory, once, on a thread that is not a rank's own. */
  public static final class Exhausted extends ActivationTanH {
    private static final long serialVersionUID = 1;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      if (Thread.currentThread().getName().contains("-passes-")
          && UNTIL_EXHAUSTED.get() > 0
          && UNTIL_EXHAUSTED.decrementAndGet() == 0) {
        throw new OutOfMemoryError("Physical memory usage is too high: as JavaCPP says it");
      }
      return super.getActivation(in, training);
    }
  }

  @BeforeEach
  void enoughMemory() {
    UNTIL_EXHAUSTED.set(0);
  }

  private List<RankGroup.Rank> train(
      ExampleLayout layout, byte[] archive, BatchPlan plan, MicroSize microSize, int threads)
      throws Exception {
    WorkerSpec spec =
        new TestSpec(plan, EXAMPLES, UPDATES, layout, archive)
            .microSize(microSize)
            .threads(threads)
            .build();
    return new RankGroup(spec, Records.random(layout, EXAMPLES, 3), directory).train();
  }

  @ParameterizedTest
  @EnumSource
  void aRunHasTheBitsOfOneWithOneThread(Models model) throws Exception {
    byte[] archive =
        ModelSource.read(
                "test", model.configuration(ElementKind.FLOAT32, Models.Optimizer.values()[0]), 11)
            .archive();
    ExampleLayout layout = model.layout(ElementKind.FLOAT32);
    BatchPlan plan = new BatchPlan(2, 4, 5);
    List<RankGroup.Rank> alone = train(layout, archive, plan, MicroSize.GIVEN, 1);
    for (int threads = 2; threads <= 3; threads++) {
      List<RankGroup.Rank> together = train(layout, archive, plan, MicroSize.GIVEN, threads);
      for (int rank = 0; rank < 2; rank++) {
        assertThat(together.get(rank).digests())
            .hasSize(UPDATES)
            .isEqualTo(alone.get(rank).digests());
        assertThat(losses(together.get(rank))).isEqualTo(losses(alone.get(rank)));
        assertThat(together.get(rank).replica().state().digest())
            .isEqualTo(alone.get(rank).replica().state().digest());
      }
    }
  }

  private static List<Double> losses(RankGroup.Rank rank) {
    return rank.steps().stream().map(step -> step.applied().loss()).toList();
  }

  private static final ExampleLayout LAYOUT = Models.DENSE.layout(ElementKind.FLOAT64);

  private static byte[] exhausted() {
    String json =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .dataType(DataType.DOUBLE)
            .updater(new Adam(0.01))
            .list()
            .layer(
                new DenseLayer.Builder()
                    .nIn(7)
                    .nOut(9)
                    .dropOut(0.8)
                    .activation(new Exhausted())
                    .build())
            .layer(Models.classes(9, 4))
            .build()
            .toJson();
    return ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
  }

  @Test
  void oneThreadOutOfMemoryHalvesTheMicroBatchOfAllRanks() throws Exception {
    BatchPlan plan = new BatchPlan(2, 4, 4);
    // In the first update, so that all of the run is that of the smaller micro-batches.
    UNTIL_EXHAUSTED.set(3);
    List<RankGroup.Rank> halved = train(LAYOUT, exhausted(), plan, MicroSize.GIVEN, 2);
    assertThat(UNTIL_EXHAUSTED.get()).isZero();
    assertThat(halved.get(0).steps().get(0).replanned())
        .singleElement()
        .asString()
        .startsWith("a micro-batch of 4 did not fit in memory on rank ");
    BatchPlan smaller = new BatchPlan(2, 2, 8);
    List<RankGroup.Rank> asked = train(LAYOUT, exhausted(), smaller, MicroSize.GIVEN, 1);
    for (int rank = 0; rank < 2; rank++) {
      assertThat(halved.get(rank).digests()).isEqualTo(asked.get(rank).digests());
    }
  }

  @Test
  void aProbeLeavesAMicroBatchForEachThread() throws Exception {
    byte[] archive = exhausted();
    List<RankGroup.Rank> probed =
        train(LAYOUT, archive, new BatchPlan(3, 1, 12), MicroSize.PROBED, 3);
    BatchPlan found = new BatchPlan(3, 4, 3);
    List<RankGroup.Rank> asked = train(LAYOUT, archive, found, MicroSize.GIVEN, 1);
    for (int rank = 0; rank < 3; rank++) {
      assertThat(probed.get(rank).at().plan()).isEqualTo(found);
      assertThat(probed.get(rank).digests()).isEqualTo(asked.get(rank).digests());
    }
  }
}
