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
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What rounding left over belongs to the sum it was left over from: where that sum is not used, it
 * is not used either.
 */
class LeftOverTest {

  private static final ExampleLayout LAYOUT = Models.DENSE.layout(ElementKind.FLOAT32);
  private static final long SKIPPED = 3;

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
        super.forgetResiduals();
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
    public void forgetResiduals() {
      // As asked for.
    }
  }

  private float[] parameters(String name, UnaryOperator<AllReduce> wrapper) throws Exception {
    byte[] configuration = Models.DENSE.configuration(ElementKind.FLOAT32, Models.Optimizer.SGD);
    // Eight updates an epoch, all alike, so that what is left over is not settled in between.
    LoopRun run =
        new LoopRun(
                directory.resolve(name).resolve("run"),
                LAYOUT,
                new BatchPlan(2, 4, 1),
                Records.random(LAYOUT, 64, 3),
                8,
                ModelSource.read("test.json", configuration, 5).archive())
            .summing(Precision.BF16)
            .onNonFinite(OnNonFinite.SKIP)
            .wrapping(wrapper);
    run.train();
    List<JsonNode> skipped = run.metrics("skipped");
    assertThat(skipped).singleElement();
    assertThat(skipped.get(0).get("update").asLong()).isEqualTo(SKIPPED);
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
}
