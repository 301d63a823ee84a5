/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.ReduceTiming;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.TrainSettings.OnNonFinite;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * What rounding left over belongs to the sum it was left over from: where that sum is not used, it
 * is not used either.
 */
class LeftOverTest {

  private static final ExampleLayout LAYOUT = Models.DENSE.layout(ElementKind.FLOAT32);
  private static final long SKIPPED = 3;

  /** In which update memory gives out on every rank; 0 for none. Each is one pass until then. */
  private static volatile int exhausted;

  @TempDir Path directory;

  /** Brings a number that is none to one update. */
  private static class Poisoned extends AlteredAllReduce {
    Poisoned(AllReduce group) {
      super(group);
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      if (update == SKIPPED) {
        buffer.putFloat(0, Float.NaN);
      }
      return super.sum(update, buffer, layout);
    }
  }

  /** Forgets by itself, right before the update after that one. */
  private static final class Forgetting extends Poisoned {
    Forgetting(AllReduce group) {
      super(group);
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      if (update == SKIPPED + 1) {
        super.clearErrorFeedback();
      }
      return super.sum(update, buffer, layout);
    }
  }

  /** Does not forget. */
  private static final class Keeping extends Poisoned {
    Keeping(AllReduce group) {
      super(group);
    }

    @Override
    public void clearErrorFeedback() {
      // As asked for.
    }
  }

  /** Counts the passes of a rank's thread. */
  public static final class Exhausting extends ActivationTanH {
    private static final long serialVersionUID = 1;
    private static final ThreadLocal<int[]> PASSES = ThreadLocal.withInitial(() -> new int[1]);

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      if (++PASSES.get()[0] == exhausted) {
        throw new OutOfMemoryError("Physical memory usage is too high: as JavaCPP says it");
      }
      return super.getActivation(in, training);
    }
  }

  /** Forgets by itself, right before an update's second sum. */
  private static final class ForgettingAgain extends AlteredAllReduce {
    private long last;

    ForgettingAgain(AllReduce group) {
      super(group);
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      if (last == update) {
        super.clearErrorFeedback();
      }
      last = update;
      return super.sum(update, buffer, layout);
    }
  }

  /** Does not forget. */
  private static final class KeepingAgain extends AlteredAllReduce {
    KeepingAgain(AllReduce group) {
      super(group);
    }

    @Override
    public void clearErrorFeedback() {
      // As asked for.
    }
  }

  @AfterEach
  void giveBackMemory() {
    exhausted = 0;
  }

  private static byte[] archive() {
    String json =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .updater(new Sgd(0.1))
            .list()
            .layer(new DenseLayer.Builder().nIn(7).nOut(9).activation(new Exhausting()).build())
            .layer(Models.classes(9, 4))
            .build()
            .toJson();
    return ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
  }

  private float[] parameters(String name, UnaryOperator<AllReduce> wrapper) throws Exception {
    // Eight updates an epoch, all alike, so that what is left over is not settled in between.
    LoopRun run =
        new LoopRun(
                directory.resolve(name).resolve("run"),
                LAYOUT,
                new BatchPlan(2, 4, 1),
                Records.random(LAYOUT, 64, 3),
                8,
                archive())
            .summing(Precision.BF16)
            .onNonFinite(OnNonFinite.SKIP)
            .wrapping(wrapper);
    run.train();
    List<JsonNode> updates = run.metrics("loss");
    assertThat(updates).hasSize(8);
    boolean wasSkipped = updates.get((int) SKIPPED - 1).has("skipped");
    assertThat(wasSkipped).isEqualTo(exhausted == 0);
    return run.model().params().toFloatVector();
  }

  @Test
  void aSkippedUpdateLeavesNothingToTheNext() throws Exception {
    float[] forgotten = parameters("forgetting", Forgetting::new);
    assertThat(parameters("poisoned", Poisoned::new)).isEqualTo(forgotten);
    assertThat(parameters("keeping", Keeping::new))
        .as("it would make a difference")
        .isNotEqualTo(forgotten);
  }

  @Test
  void anUpdateThatIsDoneAgainBeginsWithoutWhatItsFirstSumLeftOver() throws Exception {
    exhausted = (int) SKIPPED;
    float[] forgotten = parameters("told", ForgettingAgain::new);
    assertThat(parameters("by-itself", it -> it)).isEqualTo(forgotten);
    assertThat(parameters("keeping", KeepingAgain::new))
        .as("it would make a difference")
        .isNotEqualTo(forgotten);
  }
}
