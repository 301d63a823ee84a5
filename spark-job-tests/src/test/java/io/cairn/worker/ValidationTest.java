/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cairn.collective.SoleRank;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Scaling;
import io.cairn.data.Shard;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.telemetry.ValidationMetrics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.IntPredicate;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every example is counted once, also where memory gives out between two batches. */
class ValidationTest {

  private static final int EXAMPLES = 7;
  private static final int BATCH = 4;
  private static final ExampleLayout LAYOUT =
      new ExampleLayout(ElementKind.FLOAT64, Models.DENSE.fields());

  @TempDir Path directory;

  /** Memory gives out in passes of one's choice. */
  public static final class Exhausting extends ActivationTanH {
    private static final long serialVersionUID = 1;

    private static IntPredicate isTooMuch = pass -> false;
    private static int passes;

    static void in(IntPredicate passesOfChoice) {
      isTooMuch = passesOfChoice;
      passes = 0;
    }

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      passes++;
      if (isTooMuch.test(passes)) {
        throw new OutOfMemoryError("Physical memory usage is too high: as JavaCPP says it");
      }
      return super.getActivation(in, training);
    }
  }

  @AfterEach
  void giveBackMemory() {
    Exhausting.in(pass -> false);
  }

  private ValidationMetrics validate() throws Exception {
    String json =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .dataType(DataType.DOUBLE)
            .list()
            .layer(new DenseLayer.Builder().nIn(7).nOut(5).activation(new Exhausting()).build())
            .layer(Models.classes(5, 4))
            .build()
            .toJson();
    byte[] archive =
        ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
    try (SoleRank alone = new SoleRank();
        Shard shard =
            Shard.stage(
                Records.random(LAYOUT, EXAMPLES, 3).iterator(),
                LAYOUT,
                Scaling.none(),
                directory)) {
      Replica replica = new Replica(archive, UpdateSums.tailBytes(1, ExampleLayout.Weights.NONE));
      return new Validation(replica, alone, shard, EXAMPLES).run(1, 1, BATCH);
    }
  }

  @Test
  void memoryThatGivesOutInTheSecondBatchChangesNothing() throws Exception {
    ValidationMetrics undisturbed = validate();
    // Each batch is two passes: its outputs and its loss.
    for (int pass = 1; pass <= 4; pass++) {
      int chosen = pass;
      Exhausting.in(it -> it == chosen);
      ValidationMetrics disturbed = validate();
      assertThat(disturbed.examples()).as("pass %d", pass).isEqualTo(EXAMPLES);
      assertThat(disturbed.values().get("accuracy"))
          .isEqualTo(undisturbed.values().get("accuracy"));
      assertThat(disturbed.values().get("loss"))
          .isCloseTo(undisturbed.values().get("loss"), within(1e-12));
    }
  }

  @Test
  void oneExampleThatDoesNotFitIsSaid() {
    Exhausting.in(pass -> true);
    assertThatThrownBy(this::validate)
        .isInstanceOf(MemoryTooSmallException.class)
        .hasMessageContaining("one example does not fit in memory on rank 0");
  }
}
