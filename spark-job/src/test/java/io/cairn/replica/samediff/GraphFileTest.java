/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.ModelException;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

class GraphFileTest {

  private static final long MIB = 1 << 20;

  @Test
  void valuesAreCountedAndWhatIsComputedFromThemIsNot() {
    SameDiff graph = SameDiff.create();
    graph
        .placeHolder("x", DataType.FLOAT, -1, 3)
        .mmul(graph.var("w", Nd4j.ones(DataType.FLOAT, 3, 5)))
        .add(graph.constant(Nd4j.ones(DataType.DOUBLE, 5)).castTo(DataType.FLOAT));
    assertThat(GraphFile.valueBytes(graph)).isEqualTo(15 * Float.BYTES + 5 * Double.BYTES);
  }

  /** BERT's base model has 110 million parameters, and Adam keeps two numbers for each. */
  @Test
  void whatAnOptimizerKeepsIsLeftOutWhereTheFileWouldBeTooLong() {
    assertThat(GraphFile.hasRoomForState(300 * MIB, 600 * MIB)).isTrue();
    assertThat(GraphFile.hasRoomForState(420 * MIB, 840 * MIB)).isFalse();
    assertThatThrownBy(() -> GraphFile.hasRoomForState(1_020 * MIB, 0))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "the graph's values take 1,069,547,520 bytes, and a file of SameDiff, which a run writes its model to, holds no more than 1,056,964,608");
  }
}
