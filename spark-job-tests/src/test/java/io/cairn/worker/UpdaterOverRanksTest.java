/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.StagedPlan;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.settings.BatchStage;
import io.cairn.settings.SettingsReader;
import io.cairn.settings.UpdaterSettings;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** An optimizer of the settings: the update of three ranks is the big batch's. */
class UpdaterOverRanksTest {

  private static final int EXAMPLES = 101;
  private static final int UPDATES = 12;
  private static final BatchPlan PLAN = new BatchPlan(3, 4, 3);

  @TempDir Path directory;

  private static UpdaterSettings updater(String hocon) {
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "model.source", "m",
                "data.train.path", "d",
                "data.train.format", "csv",
                "data.features", List.of("x"),
                "data.label", "y",
                "batch.micro", 1,
                "train.epochs", 1,
                "output", "o"));
    values.put("train.updater", ConfigFactory.parseString(hocon).root().unwrapped());
    return SettingsReader.read(values, Optional.empty(), Map.of(), batch -> List.of())
        .train()
        .updater()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type = lamb, learning-rate = 0.02, schedule { warm-up = 3, decay = cosine }, groups = ["
            + "{ parameters = biases, weight-decay = 0, learning-rate = 0.01 }]",
        "type = adam-w, learning-rate = 0.01, schedule { by = epochs, decay = linear },"
            + " scale-with-batch { base = 12, rule = sqrt }"
      })
  void threeRanksMakeTheUpdatesOfOneBigBatch(String settings) throws Exception {
    for (Models model : List.of(Models.DENSE, Models.GRAPH)) {
      ExampleLayout layout = model.layout(ElementKind.FLOAT64);
      ModelSource source =
          ModelSource.read(
                  "test",
                  model.configuration(ElementKind.FLOAT64, Models.Optimizer.values()[0]),
                  11)
              .withUpdater(updater(settings), StagedPlan.of(PLAN));
      source.runLasts(UPDATES, 4);
      byte[] archive = source.archive();
      WorkerSpec spec =
          new TestSpec(PLAN, EXAMPLES, UPDATES, layout, archive).clippedTo(0.5).threads(2).build();
      List<RankGroup.Rank> ranks =
          new RankGroup(spec, Records.random(layout, EXAMPLES, 3), directory).train();
      for (RankGroup.Rank rank : ranks) {
        assertThat(rank.digests()).isEqualTo(ranks.get(0).digests()).doesNotHaveDuplicates();
      }
      try (Replica whole = new Replica(() -> new ByteArrayInputStream(archive), 16)) {
        List<Double> rates = new ArrayList<>();
        for (int update = 0; update < UPDATES; update++) {
          rates.add(whole.learningRate());
          bigBatch(whole, ranks, update);
          if ((update + 1) % TestSpec.firstEpoch(spec).updates() == 0) {
            whole.epochDone();
          }
        }
        assertThat(ranks.get(0).steps())
            .extracting(step -> step.applied().rates().rate())
            .isEqualTo(rates);
        assertThat(rates.stream().distinct().count()).as(settings).isGreaterThan(2);
        INDArray ours = ReplicaAccess.model(ranks.get(0).replica()).params();
        INDArray theirs = ReplicaAccess.model(whole).params();
        assertThat(ours.sub(theirs).amaxNumber().doubleValue()).isLessThan(1e-10);
      }
    }
  }

  /** The rates that follow from each epoch's batch, told to plain Deeplearning4j by hand. */
  @Test
  void ratesThatFollowFromTheBatchFollowThatOfTheEpoch() throws Exception {
    StagedPlan plan = StagedPlan.of(new BatchPlan(3, 4, 1), List.of(new BatchStage(2, 3)));
    ExampleLayout layout = Models.DENSE.layout(ElementKind.FLOAT64);
    byte[] configuration =
        Models.DENSE.configuration(ElementKind.FLOAT64, Models.Optimizer.values()[0]);
    String settings =
        "type = adam, learning-rate = 0.01, scale-with-batch { base = 24, rule = linear }";
    ModelSource source =
        ModelSource.read("test", configuration, 11).withUpdater(updater(settings), plan);
    source.runLasts(UPDATES, 2);
    byte[] archive = source.archive();
    WorkerSpec spec = new TestSpec(plan, EXAMPLES, UPDATES, layout, archive).build();
    List<RankGroup.Rank> ranks =
        new RankGroup(spec, Records.random(layout, EXAMPLES, 3), directory).train();

    // 9 updates of 12 examples, then 3 of 36.
    List<Double> expected = new ArrayList<>(Collections.nCopies(9, 0.005));
    expected.addAll(Collections.nCopies(3, 0.015));
    assertThat(ranks.get(0).steps())
        .extracting(step -> step.applied().rates().rate())
        .isEqualTo(expected);
    MultiLayerConfiguration plainly =
        MultiLayerConfiguration.fromJson(new String(configuration, StandardCharsets.UTF_8));
    plainly
        .getConfs()
        .forEach(
            conf ->
                ((BaseLayer) conf.getLayer())
                    .setIUpdater(
                        new Adam(new MapSchedule(ScheduleType.EPOCH, Map.of(0, 0.005, 1, 0.015)))));
    MultiLayerNetwork network = new MultiLayerNetwork(plainly);
    network.init();
    network.setParams(
        ReplicaAccess.model(new Replica(() -> new ByteArrayInputStream(archive), 16)).params());
    for (int update = 0; update < UPDATES; update++) {
      List<MultiDataSet> parts = new ArrayList<>();
      for (RankGroup.Rank rank : ranks) {
        parts.addAll(rank.windows().get(update));
      }
      MultiDataSet batch = PlainTraining.concatenated(parts);
      network.fit(new DataSet(batch.getFeatures(0), batch.getLabels(0)));
      if (update == 8) {
        network.incrementEpochCount();
      }
    }
    INDArray ours = ReplicaAccess.model(ranks.get(0).replica()).params();
    assertThat(ours.sub(network.params()).amaxNumber().doubleValue()).isLessThan(1e-10);
  }

  private static void bigBatch(Replica whole, List<RankGroup.Rank> ranks, int update)
      throws Exception {
    List<MultiDataSet> parts = new ArrayList<>();
    ranks.forEach(rank -> parts.addAll(rank.windows().get(update)));
    MultiDataSet batch = PlainTraining.concatenated(parts);
    whole.clear();
    whole.accumulate(batch, 1);
    whole.update(batch.getFeatures(0).size(0), whole.gradientSumNorm(), OptionalDouble.of(0.5));
  }
}
