/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Field.Role;
import io.cairn.data.Handover;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelSource;
import io.cairn.replica.OnnxFiles;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import onnx.Onnx.GraphProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dropout of graphs: each pass has its own, which depends on nothing but the run and its plan. */
class GraphNoiseTest {

  private static final int WIDTH = 7;
  private static final int CLASSES = 4;
  private static final int UPDATES = 6;
  private static final int EXAMPLES = 45;

  private static final ExampleLayout LAYOUT =
      new ExampleLayout(
          ElementKind.FLOAT32,
          List.of(
              Field.vector("x", Role.INPUT, WIDTH),
              Field.classIndex("y", Role.OUTPUT, CLASSES)
                  .handedOver(
                      new Handover(Handover.StepAxis.FIRST, Handover.ClassForm.INDEX))));

  @TempDir Path directory;

  private static byte[] archive(float rate) {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("dropped")
            .addInput(OnnxFiles.value("x", WIDTH))
            .addOutput(OnnxFiles.value("logits", CLASSES))
            .addInitializer(OnnxFiles.tensor("first", 0.5f, WIDTH, WIDTH))
            .addInitializer(OnnxFiles.tensor("second", 0.25f, WIDTH, CLASSES))
            .addInitializer(OnnxFiles.tensor("rate", rate))
            .addInitializer(
                TensorProto.newBuilder()
                    .setName("trains")
                    .setDataType(TensorProto.DataType.BOOL_VALUE)
                    .addInt32Data(1))
            .addNode(OnnxFiles.node("MatMul", "hidden", "x", "first"))
            .addNode(OnnxFiles.node("Dropout", "left", "hidden", "rate", "trains"))
            .addNode(OnnxFiles.node("MatMul", "logits", "left", "second"));
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.empty(), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(CLASSES),
            List.of());
    return ModelSource.read("m.onnx", OnnxFiles.file(graph), 5, wishes).archive();
  }

  private List<String> digests(byte[] archive, List<byte[]> records, int threads)
      throws Exception {
    List<RankGroup.Rank> ranks =
        new RankGroup(
                new TestSpec(
                        new BatchPlan(2, 4, 3), records.size(), UPDATES, LAYOUT, archive)
                    .threads(threads)
                    .build(),
                records,
                directory)
            .train();
    assertThat(ranks.get(1).digests()).isEqualTo(ranks.get(0).digests());
    return ranks.get(0).digests().stream().map(String::valueOf).toList();
  }

  @Test
  void threadsAndAnotherRunDropTheSame() throws Exception {
    List<byte[]> records = Records.random(LAYOUT, EXAMPLES, 3);
    List<String> one = digests(archive(0.5f), records, 1);
    assertThat(one).hasSize(UPDATES);
    for (int threads = 1; threads <= 3; threads++) {
      assertThat(digests(archive(0.5f), records, threads)).as("%d threads", threads).isEqualTo(one);
    }
    assertThat(digests(archive(0), records, 1)).isNotEqualTo(one);
    assertThat(new HashSet<>(one)).hasSize(UPDATES);
  }
}
