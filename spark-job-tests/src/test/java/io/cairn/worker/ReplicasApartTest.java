/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.ReduceTiming;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that came apart are noticed by all ranks, and nothing of them is saved. */
class ReplicasApartTest {

  private static final ExampleLayout LAYOUT = Models.DENSE.layout(ElementKind.FLOAT32);

  @TempDir Path directory;

  private static byte[] archive(long seed) {
    byte[] configuration =
        Models.DENSE.configuration(ElementKind.FLOAT32, Models.Optimizer.NESTEROV);
    return ModelSource.read("test.json", configuration, seed).archive();
  }

  private LoopRun run(long updates) {
    return new LoopRun(
        directory.resolve("run"),
        LAYOUT,
        new BatchPlan(2, 4, 1),
        Records.random(LAYOUT, 40, 3),
        updates,
        archive(5));
  }

  /** Rank 1 gets another sum than rank 0, once. */
  private static final class Corrupted extends AlteredAllReduce {
    private final long when;

    Corrupted(AllReduce group, long when) {
      super(group);
      this.when = when;
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      ReduceTiming timing = super.sum(update, buffer, layout);
      boolean isGradient = layout.sections().size() == 3;
      if (update == when && rank() == 1 && isGradient) {
        buffer.putFloat(0, buffer.getFloat(0) + 1);
      }
      return timing;
    }
  }

  private static void requireApart(LoopRun run, long beforeUpdate) {
    assertThatThrownBy(run::train)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(ReplicasDivergedException.class)
        .hasMessageContaining("before update " + beforeUpdate + " (");
  }

  private static void requireLast(LoopRun run, int update) throws IOException {
    assertThat(run.metrics("loss")).hasSize(update);
  }

  @Test
  void theyAreComparedInEveryFiftiethUpdateBeforeItIsApplied() throws Exception {
    LoopRun run = run(60).wrapping(group -> new Corrupted(group, 7));
    requireApart(run, 50);
    requireLast(run, 49);
    assertThat(run.checkpoints()).isEmpty();
  }

  @Test
  void theyAreComparedBeforeASave() throws Exception {
    LoopRun run = run(20).savingEvery(5).wrapping(group -> new Corrupted(group, 2));
    requireApart(run, 6);
    requireLast(run, 5);
    assertThat(run.checkpoints()).isEmpty();
  }

  @Test
  void theyAreComparedBeforeTheLastSave() throws Exception {
    LoopRun run = run(4).wrapping(group -> new Corrupted(group, 4));
    requireApart(run, 5);
    assertThat(run.checkpoints()).isEmpty();
  }

  @Test
  void theyAreComparedBeforeTheFirstUpdate() throws Exception {
    LoopRun run = run(4).beginningWith(rank -> archive(5 + rank));
    requireApart(run, 1);
    requireLast(run, 0);
  }
}
