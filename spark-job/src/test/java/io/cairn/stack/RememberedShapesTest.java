/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.replica.RememberedShapes;
import io.cairn.replica.RememberingExecutioner;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** ND4J takes Cairn's caches by their names, and they change nothing but the number of buffers. */
class RememberedShapesTest {

  @Test
  void buildRunsTestsWithTheCachesInPlace() {
    assertThat(Nd4j.getShapeInfoProvider()).isInstanceOf(RememberedShapes.class);
    assertThat(Nd4j.getExecutioner()).isInstanceOf(RememberingExecutioner.class);
  }

  @Test
  void arraysOfOneShapeShareItsDescription() {
    INDArray first = Nd4j.createUninitialized(DataType.FLOAT, 3, 5);
    INDArray second = Nd4j.createUninitialized(DataType.FLOAT, 3, 5);
    assertThat(second.shapeInfoDataBuffer()).isSameAs(first.shapeInfoDataBuffer());
  }

  @Test
  void shapesThatDifferInTypeOrderStrideOrEmptinessDoNotShare() {
    INDArray array = Nd4j.createUninitialized(DataType.FLOAT, 4, 4);
    assertThat(
            new INDArray[] {
              Nd4j.createUninitialized(DataType.DOUBLE, 4, 4),
              Nd4j.createUninitialized(DataType.FLOAT, new long[] {4, 4}, 'f'),
              array.transpose(),
              Nd4j.createUninitialized(DataType.FLOAT, 4, 8)
                  .get(NDArrayIndex.all(), NDArrayIndex.interval(0, 4)),
              Nd4j.empty(DataType.FLOAT)
            })
        .allSatisfy(other -> assertThat(other.shapeInfoJava()).isNotEqualTo(array.shapeInfoJava()));
    assertThat(Nd4j.empty(DataType.FLOAT).isEmpty()).isTrue();
  }

  @Test
  void rowsAndColumnsOfTheSameShapeAreCutEachInTheirWay() {
    for (int round = 0; round < 3; round++) {
      INDArray array = Nd4j.arange(6).castTo(DataType.DOUBLE).reshape(2, 3);
      INDArray turned = Nd4j.arange(6).castTo(DataType.DOUBLE).reshape('f', 2, 3);
      assertThat(array.sum(0).toDoubleVector()).containsExactly(3, 5, 7);
      assertThat(array.sum(1).toDoubleVector()).containsExactly(3, 12);
      assertThat(turned.sum(0).toDoubleVector()).containsExactly(1, 5, 9);
      assertThat(array.addRowVector(Nd4j.createFromArray(1.0, 2, 3)).sum(1).toDoubleVector())
          .containsExactly(9, 18);
    }
  }
}
