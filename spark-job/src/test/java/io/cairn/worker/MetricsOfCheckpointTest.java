/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.checkpoint.CheckpointWriter;
import io.cairn.checkpoint.MetricsLog;
import io.cairn.checkpoint.Retention;
import io.cairn.checkpoint.RunOnLosingDisk;
import io.cairn.collective.SoleRank;
import io.cairn.data.DatasetInfo;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Scaling;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.PlanSegment;
import io.cairn.plan.RunPosition;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.CollectiveSettings;
import io.cairn.settings.CollectiveSettings.Encryption;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.CollectiveSettings.SharedMemory;
import io.cairn.settings.PortRange;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** A checkpoint that is there has its metrics beside it, whatever the machine went through. */
class MetricsOfCheckpointTest {

  private static final BatchPlan PLAN = new BatchPlan(1, 4, 1);

  private static Replica replica() {
    String json =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(2)
                    .nOut(2)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build()
            .toJson();
    byte[] archive =
        ModelSource.read("test.json", json.getBytes(StandardCharsets.UTF_8), 5).archive();
    return new Replica(archive, UpdateSums.tailBytes(1, ExampleLayout.Weights.NONE));
  }

  private static WorkerSpec spec() {
    return new WorkerSpec(
        77,
        new AskedPlan(PLAN, MicroSize.GIVEN),
        new TrainSpec(5, 9, Double.POSITIVE_INFINITY, OnNonFinite.FAIL, SelfCheck.OFF),
        1,
        new CollectiveSettings(
            Duration.ofSeconds(30),
            PortRange.ANY,
            Encryption.OFF,
            SharedMemory.OFF,
            Precision.EXACT),
        new DatasetInfo(
            new ExampleLayout(
                ElementKind.FLOAT32,
                List.of(
                    Field.vector("x", Field.Role.INPUT, 2),
                    Field.classIndex("y", Field.Role.OUTPUT, 2))),
            Scaling.none(),
            List.of(),
            40,
            0),
        InputStream::nullInputStream,
        new CheckpointContext(
            new RunHome("unused", Map.of(), new Retention(1, 0)), 1, "unused", 0, 3, "{}", 0));
  }

  private static RunPosition at(long update) {
    return new RunPosition(
        update, update, 0, 40, PLAN, new Cursor(0, update), List.of(new PlanSegment(PLAN, update)));
  }

  private static void append(MetricsLog log, int from, int to) throws Exception {
    for (int update = from; update <= to; update++) {
      log.append("{\"update\":" + update + ",\"loss\":0.5}");
    }
  }

  @Test
  void theyAreSafeBeforeASaveAndBeforeTheLast() throws Exception {
    RunOnLosingDisk disk = RunOnLosingDisk.begun();
    try (SoleRank alone = new SoleRank();
        MetricsLog log = disk.log();
        CheckpointWriter writer = disk.writer(3)) {
      StateKeeper keeper =
          new StateKeeper(
              replica(),
              alone,
              Optional.of(new StateKeeper.Saving(writer, log, "{}")),
              new RoundedUpdates(spec()));
      append(log, 1, 3);
      keeper.save(at(3));
      writer.awaitAll();
      append(log, 4, 4);
      requireFound(disk, 3);
      append(log, 5, 5);
      keeper.saveLast(at(5));
      requireFound(disk, 5);
    }
  }

  private static void requireFound(RunOnLosingDisk disk, long checkpoint) throws Exception {
    RunOnLosingDisk.Found found = disk.afterPowerLoss();
    assertThat(found.checkpoint()).isEqualTo(checkpoint);
    assertThat(found.metrics().lines().count()).as("lines of metrics").isEqualTo(checkpoint);
  }
}
