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
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.CollectiveSettings.Precision;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training with gradient sums that travel as bf16, beside the exact one. */
class RoundedTrainingTest {

  private static final int WORKERS = 3;

  /** Of 24 examples each: no epoch has a short update. */
  private static final int EXAMPLES = 240;

  private static final long UPDATES = 200;

  /** The tail fills the first; the gradient needs two more. */
  private static final int BUCKET_BYTES = UpdateSums.tailBytes(WORKERS, Weights.NONE);

  @TempDir Path directory;

  private List<RankGroup.Rank> train(
      ElementKind kind, Precision precision, UnaryOperator<AllReduce> wrapped) throws Exception {
    return train(kind, precision, wrapped, GradientBuckets.LONGEST_BYTES);
  }

  private List<RankGroup.Rank> train(
      ElementKind kind, Precision precision, UnaryOperator<AllReduce> wrapped, int bucketBytes)
      throws Exception {
    ExampleLayout layout = Models.DENSE.layout(kind);
    byte[] archive =
        ModelSource.read("test", Models.DENSE.configuration(kind, Models.Optimizer.SGD), 11)
            .archive();
    WorkerSpec spec =
        new TestSpec(new BatchPlan(WORKERS, 4, 2), EXAMPLES, UPDATES, layout, archive)
            .precision(precision)
            .savingEvery(1000)
            .build();
    return new RankGroup(spec, Records.random(layout, EXAMPLES, 3), directory)
        .wrapping(wrapped)
        .bucketsOf(bucketBytes)
        .train();
  }

  private static double[] parameters(RankGroup.Rank rank) throws Exception {
    return ReplicaAccess.model(rank.replica()).params().toDoubleVector();
  }

  private static double distance(double[] one, double[] other) {
    double squares = 0;
    for (int i = 0; i < one.length; i++) {
      squares += (one[i] - other[i]) * (one[i] - other[i]);
    }
    return Math.sqrt(squares);
  }

  @Test
  void staysCloseToTheExactOneAndWithoutErrorFeedbackDriftsAway() throws Exception {
    List<RankGroup.Rank> exact = train(ElementKind.FLOAT32, Precision.EXACT, it -> it);
    List<RankGroup.Rank> rounded = train(ElementKind.FLOAT32, Precision.BF16, it -> it);
    List<RankGroup.Rank> forgetful = train(ElementKind.FLOAT32, Precision.BF16, Forgetful::new);

    for (RankGroup.Rank rank : rounded) {
      assertThat(rank.digests()).as("the same bits").isEqualTo(rounded.get(0).digests());
    }
    assertThat(rounded.get(0).digests()).isNotEqualTo(exact.get(0).digests());
    for (int i = 0; i < UPDATES; i++) {
      double loss = exact.get(0).steps().get(i).applied().loss();
      assertThat(rounded.get(0).steps().get(i).applied().loss())
          .as("loss of update %d", i + 1)
          .isBetween(loss * 0.999, loss * 1.001);
    }
    double drift = distance(parameters(rounded.get(0)), parameters(exact.get(0)));
    double drifted = distance(parameters(forgetful.get(0)), parameters(exact.get(0)));
    assertThat(drifted).as("without error feedback; with it %s", drift).isGreaterThan(3 * drift);

    List<RankGroup.Rank> inBuckets =
        train(ElementKind.FLOAT32, Precision.BF16, it -> it, BUCKET_BYTES);
    for (RankGroup.Rank rank : inBuckets) {
      assertThat(rank.digests()).as("the same bits").isEqualTo(inBuckets.get(0).digests());
    }
    assertThat(3 * distance(parameters(inBuckets.get(0)), parameters(exact.get(0))))
        .as("in several buckets, each with error feedback of its own")
        .isLessThan(drifted);
  }

  @Test
  void float64NetworksAreExactWhateverIsAskedFor() throws Exception {
    List<RankGroup.Rank> exact = train(ElementKind.FLOAT64, Precision.EXACT, it -> it);
    List<RankGroup.Rank> rounded = train(ElementKind.FLOAT64, Precision.BF16, it -> it);
    assertThat(rounded.get(0).digests()).isEqualTo(exact.get(0).digests());
  }

  /** Rounds, and forgets what that leaves over. */
  private record Forgetful(AllReduce group) implements AllReduce {
    @Override
    public int rank() {
      return group.rank();
    }

    @Override
    public int worldSize() {
      return group.worldSize();
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      ReduceTiming timing = group.sum(update, buffer, layout);
      group.clearErrorFeedback();
      return timing;
    }

    @Override
    public void clearErrorFeedback() {
      group.clearErrorFeedback();
    }

    @Override
    public void close() {
      group.close();
    }
  }
}
