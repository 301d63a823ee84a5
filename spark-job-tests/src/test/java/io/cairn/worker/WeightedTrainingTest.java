/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.telemetry.UpdateMetrics;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * With weights too the result is that of one big batch: of plain DL4J's fit on a batch in which
 * every example stands as often as its weight says, whatever the split.
 */
class WeightedTrainingTest {

  private static final int UPDATES = 12;
  private static final int EXAMPLES = 53;

  @TempDir Path directory;

  static Stream<Arguments> splits() {
    List<Arguments> all = new ArrayList<>();
    for (Models model : Models.values()) {
      all.add(Arguments.of(model, Models.Optimizer.ADAM_SCHEDULE_DECAY, 1, 1));
      all.add(Arguments.of(model, Models.Optimizer.ADAM_SCHEDULE_DECAY, 2, 3));
      all.add(Arguments.of(model, Models.Optimizer.NESTEROV, 3, 2));
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} {1} workers={2} steps={3}")
  @MethodSource("splits")
  void anExampleOfWeightThreeIsThreeExamples(
      Models model, Models.Optimizer optimizer, int workers, int steps) throws Exception {
    ExampleLayout layout = weighted(model);
    byte[] archive =
        ModelSource.read("test", model.configuration(ElementKind.FLOAT64, optimizer), 11).archive();
    WorkerSpec spec =
        new TestSpec(new BatchPlan(workers, 4, steps), EXAMPLES, UPDATES, layout, archive).build();
    List<byte[]> records = Records.random(layout, EXAMPLES, 3);
    for (int i = 0; i < EXAMPLES; i++) {
      weigh(records.get(i), layout, 1 + i % 3);
    }
    List<RankGroup.Rank> ranks = new RankGroup(spec, records, directory).train();

    PlainTraining plain = new PlainTraining(archive, model == Models.GRAPH);
    for (int update = 0; update < UPDATES; update++) {
      List<MultiDataSet> repeated = new ArrayList<>();
      for (RankGroup.Rank rank : ranks) {
        rank.windows().get(update).forEach(part -> repeated.addAll(repeated(part)));
      }
      plain.fit(PlainTraining.concatenated(repeated));
      if ((update + 1) % TestSpec.firstEpoch(spec).updates() == 0) {
        plain.epochDone();
      }
    }

    for (RankGroup.Rank rank : ranks) {
      assertThat(rank.digests()).as("bits after every update").isEqualTo(ranks.get(0).digests());
    }
    Model ours = ReplicaAccess.model(ranks.get(0).replica());
    assertThat(difference(ours.params(), plain.model().params())).isLessThan(1e-10);
    for (int i = 0; i < UPDATES; i++) {
      assertThat(ranks.get(0).steps().get(i).applied().loss())
          .as("loss of update %d", i + 1)
          .isCloseTo(plain.scores().get(i), offset(1e-9));
    }
  }

  @Test
  void anUpdateWithoutWeightIsLeftOutAndNothingElse() throws Exception {
    ExampleLayout layout = weighted(Models.DENSE);
    byte[] configuration = Models.DENSE.configuration(ElementKind.FLOAT64, Models.Optimizer.SGD);
    byte[] archive = ModelSource.read("test", configuration, 11).archive();
    WorkerSpec spec = new TestSpec(new BatchPlan(2, 2, 1), 8, 2, layout, archive).build();
    List<byte[]> records = Records.random(layout, 8, 3);
    records.forEach(record -> weigh(record, layout, 0));
    RankGroup.Rank rank = new RankGroup(spec, records, directory).train().get(0);
    assertThat(rank.steps())
        .allSatisfy(
            step -> {
              assertThat(step.applied().outcome()).isEqualTo(UpdateMetrics.Outcome.SKIPPED);
              assertThat(step.examples()).isEqualTo(4);
            });
    assertThat(rank.replica().iteration()).as("schedules stay in step").isEqualTo(2);
    assertThat(rank.digests().get(1)).isEqualTo(rank.digests().get(0));
  }

  private static ExampleLayout weighted(Models model) {
    return new ExampleLayout(ElementKind.FLOAT64, model.fields(), ExampleLayout.Weights.RECORDED);
  }

  private static void weigh(byte[] record, ExampleLayout layout, double weight) {
    ByteBuffer.wrap(record)
        .order(ExampleLayout.BYTE_ORDER)
        .putDouble(layout.weightOffset(), weight);
  }

  /** Each example of a batch as often as its weight says. */
  private static List<MultiDataSet> repeated(MultiDataSet batch) {
    List<MultiDataSet> all = new ArrayList<>();
    for (int i = 0; i < batch.getFeatures(0).size(0); i++) {
      double weight = (Double) batch.getExampleMetaData().get(i);
      for (int times = 0; times < weight; times++) {
        all.add(
            new org.nd4j.linalg.dataset.MultiDataSet(
                row(batch.getFeatures(), i),
                row(batch.getLabels(), i),
                row(batch.getFeaturesMaskArrays(), i),
                row(batch.getLabelsMaskArrays(), i)));
      }
    }
    return all;
  }

  private static INDArray[] row(INDArray[] arrays, int row) {
    if (arrays == null) {
      return null;
    }
    INDArray[] rows = new INDArray[arrays.length];
    for (int i = 0; i < rows.length; i++) {
      if (arrays[i] != null) {
        INDArrayIndex[] at = new INDArrayIndex[arrays[i].rank()];
        java.util.Arrays.fill(at, NDArrayIndex.all());
        at[0] = NDArrayIndex.interval(row, row + 1);
        rows[i] = arrays[i].get(at).dup('c');
      }
    }
    return rows;
  }

  private static double difference(INDArray a, INDArray b) {
    return a.reshape(a.length()).sub(b.reshape(b.length())).amaxNumber().doubleValue();
  }
}
