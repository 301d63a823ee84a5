/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J loses memory of an embedding's size in each pass, which only the process's own tells. */
class GraphMemoryTest {

  private static final int ROWS = 40_000;
  private static final int WIDTH = 64;
  private static final int CLASSES = 3;
  private static final int WARM_UP = 10;
  private static final int PASSES = 60;

  @Test
  void passesOfAnEmbeddingHoldNoMoreMemoryWithEachOfThem() {
    SameDiff graph = SameDiff.create();
    SDVariable ids = graph.placeHolder("input_ids", DataType.INT64, -1, -1);
    SDVariable table = graph.var("table", Nd4j.rand(DataType.FLOAT, ROWS, WIDTH));
    SDVariable head = graph.var("head", Nd4j.rand(DataType.FLOAT, WIDTH, CLASSES));
    graph.mmul("logits", graph.gather(table, ids, 0).sum(1), head);
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.of("logits"), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(CLASSES),
            List.of("input_ids"));
    SameDiffNetwork network = Graphs.network(graph, wishes);
    MultiDataSet batch = batch();
    pass(network, batch, WARM_UP);
    long before = Pointer.physicalBytes();
    pass(network, batch, PASSES);
    long tableBytes = (long) ROWS * WIDTH * Float.BYTES;
    assertThat(Pointer.physicalBytes() - before).isLessThan(PASSES / 3 * tableBytes);
    network.release();
  }

  private static void pass(SameDiffNetwork network, MultiDataSet batch, int times) {
    for (int i = 0; i < times; i++) {
      network.backpropagate(batch);
    }
  }

  private static MultiDataSet batch() {
    INDArray ids = Nd4j.zeros(DataType.FLOAT, 2, 5, 1);
    return new MultiDataSet(
        new INDArray[] {ids},
        new INDArray[] {Nd4j.zeros(DataType.FLOAT, 2, 1)},
        new INDArray[] {Nd4j.ones(DataType.FLOAT, 2, 5)},
        new INDArray[] {null});
  }
}
