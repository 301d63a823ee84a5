/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.ReduceTiming;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What is frozen does not travel. */
class FrozenTrafficTest {

  private static final int EXAMPLES = 101;
  private static final int UPDATES = 6;

  @TempDir Path directory;

  /** Counts what is summed on rank 0. */
  private record Counted(AllReduce of, AtomicLong bytes) implements AllReduce {

    @Override
    public int rank() {
      return of.rank();
    }

    @Override
    public int worldSize() {
      return of.worldSize();
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      if (of.rank() == 0) {
        bytes.addAndGet(buffer.remaining());
      }
      return of.sum(update, buffer, layout);
    }

    @Override
    public void clearErrorFeedback() {
      of.clearErrorFeedback();
    }

    @Override
    public void close() {
      of.close();
    }
  }

  private record Trained(Model model, long bytes, ModelSource source) {}

  private Trained train(Optional<FineTuneSettings> settings) throws Exception {
    ExampleLayout layout = Models.DENSE.layout(ElementKind.FLOAT64);
    byte[] initial =
        ModelSource.read(
                "initial",
                Models.DENSE.configuration(
                    ElementKind.FLOAT64, Models.Optimizer.ADAM_SCHEDULE_DECAY),
                11)
            .archive();
    ModelSource read = ModelSource.read("initial", initial, 11);
    ModelSource source = settings.map(it -> read.fineTuned(it, 3)).orElse(read);
    WorkerSpec spec =
        new TestSpec(new BatchPlan(3, 4, 3), EXAMPLES, UPDATES, layout, source.archive())
            .selfCheck(SelfCheck.OFF)
            .threads(2)
            .build();
    AtomicLong bytes = new AtomicLong();
    List<RankGroup.Rank> ranks =
        new RankGroup(spec, Records.random(layout, EXAMPLES, 3), directory)
            .wrapping(group -> new Counted(group, bytes))
            .train();
    for (RankGroup.Rank rank : ranks) {
      assertThat(rank.digests()).isEqualTo(ranks.get(0).digests()).doesNotHaveDuplicates();
    }
    return new Trained(ReplicaAccess.model(ranks.get(0).replica()), bytes.get(), source);
  }

  @Test
  void theBytesOfAnUpdateAreFewerByTheFrozenPart() throws Exception {
    Trained whole = train(Optional.empty());
    String first = whole.model().paramTable().keySet().iterator().next().replaceFirst("_.*", "");
    Trained tuned =
        train(
            Optional.of(
                new FineTuneSettings(
                    Optional.of("layer" + first),
                    List.of(),
                    Optional.empty(),
                    List.of(),
                    FineTuneSettings.UpdaterState.FRESH)));
    long frozen = 0;
    for (var entry : whole.model().paramTable().entrySet()) {
      if (entry.getKey().startsWith(first + "_")) {
        frozen += entry.getValue().length();
      }
    }
    assertThat(frozen).isPositive();
    assertThat(tuned.source().gradientCount()).isEqualTo(whole.source().gradientCount() - frozen);
    assertThat(whole.bytes() - tuned.bytes()).isEqualTo(UPDATES * frozen * Double.BYTES);
    Model initial = ReplicaAccess.model(new Replica(tuned.source().archive(), 16));
    for (String name : tuned.model().paramTable().keySet()) {
      INDArray now = tuned.model().getParam(name);
      boolean same = now.equalsWithEps(initial.getParam(name), 0);
      assertThat(same).as(name).isEqualTo(name.startsWith(first + "_"));
    }
  }
}
