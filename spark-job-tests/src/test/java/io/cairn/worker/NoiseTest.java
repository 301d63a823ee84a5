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
import io.cairn.settings.TrainSettings.SelfCheck;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Dropout of every pass is its own, whatever rank, update and micro-batch. All examples are the
 * same and nothing is learned, so that only noise can tell two passes apart.
 */
class NoiseTest {

  private static final ExampleLayout LAYOUT = Models.DENSE.layout(ElementKind.FLOAT64);
  private static final int WORKERS = 2;
  private static final int STEPS = 3;
  private static final int UPDATES = 4;

  /** Written by the threads of the ranks. */
  private static final List<String> PASSES = Collections.synchronizedList(new ArrayList<>());

  @TempDir Path directory;

  /** Keeps what each pass brings to a layer. */
  public static final class Recording extends ActivationTanH {
    private static final long serialVersionUID = 1;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      PASSES.add(in.dup().data().toString());
      return super.getActivation(in, training);
    }
  }

  @BeforeEach
  void forget() {
    PASSES.clear();
  }

  /** What the passes of all ranks were, in no order between ranks. */
  private List<String> passes(double retained) throws Exception {
    String json =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .dataType(DataType.DOUBLE)
            .updater(new Sgd(0))
            .list()
            .layer(
                new DenseLayer.Builder()
                    .nIn(7)
                    .nOut(5)
                    .dropOut(retained)
                    .activation(new Recording())
                    .build())
            .layer(Models.classes(5, 4))
            .build()
            .toJson();
    byte[] archive =
        ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
    int examples = WORKERS * STEPS * 4 * UPDATES;
    List<byte[]> records = Collections.nCopies(examples, Records.random(LAYOUT, 1, 3).get(0));
    WorkerSpec spec =
        new TestSpec(new BatchPlan(WORKERS, 4, STEPS), examples, UPDATES, LAYOUT, archive)
            .selfCheck(SelfCheck.OFF)
            .build();
    PASSES.clear();
    new RankGroup(spec, records, directory).train();
    assertThat(PASSES).hasSize(WORKERS * STEPS * UPDATES);
    return PASSES.stream().sorted().toList();
  }

  @Test
  void everyPassOfEveryRankDrawsItsOwnAndAnotherRunDrawsTheSame() throws Exception {
    List<String> first = passes(0.5);
    assertThat(first).doesNotHaveDuplicates();
    assertThat(passes(0.5)).isEqualTo(first);
  }

  @Test
  void withoutNoiseAllPassesAreAlike() throws Exception {
    assertThat(new HashSet<>(passes(1.0))).hasSize(1);
  }
}
