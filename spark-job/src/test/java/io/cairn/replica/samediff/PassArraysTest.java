/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PassArraysTest {

  @Test
  void whatIsReleasedServesAgainUnderAnotherNumber() {
    try (PassArrays arrays = new PassArrays()) {
      INDArray first = arrays.allocate(false, DataType.FLOAT, 2, 3);
      long number = first.getId();
      arrays.release(first);
      assertThat(arrays.freeBytes()).isEqualTo(24);
      assertThat(arrays.allocate(false, DataType.FLOAT, 3, 2)).isNotSameAs(first);
      assertThat(arrays.allocate(false, DataType.DOUBLE, 2, 3)).isNotSameAs(first);
      assertThat(arrays.allocate(false, DataType.FLOAT, 2, 3)).isSameAs(first);
      assertThat(first.getId()).isNotEqualTo(number);
      assertThat(arrays.freeBytes()).isZero();
    }
  }

  @Test
  void nobodyIsGivenWhatIsStillInUse() {
    try (PassArrays arrays = new PassArrays()) {
      INDArray first = arrays.allocate(false, DataType.FLOAT, 4);
      arrays.release(first);
      arrays.release(first);
      assertThat(arrays.allocate(false, DataType.FLOAT, 4)).isSameAs(first);
      assertThat(arrays.allocate(false, DataType.FLOAT, 4)).isNotSameAs(first);
    }
  }

  @Test
  void memoryServesAgainWhenNoArrayInItIsInUse() {
    try (PassArrays arrays = new PassArrays()) {
      INDArray first = arrays.allocate(false, DataType.FLOAT, 2, 3).assign(1);
      INDArray same = arrays.again(first, 6);
      arrays.release(first);
      assertThat(arrays.gave(same)).isTrue();
      assertThat(arrays.allocate(false, DataType.FLOAT, 2, 3)).isNotSameAs(first);
      assertThat(same.toFloatVector()).containsOnly(1);
      arrays.release(same);
      assertThat(arrays.allocate(false, DataType.FLOAT, 2, 3)).isSameAs(first);
    }
  }

  @Test
  void arraysOfOthersAreNotKept() {
    try (PassArrays arrays = new PassArrays();
        INDArray other = Nd4j.zeros(DataType.FLOAT, 4)) {
      arrays.release(other);
      arrays.release(other.reshape(2, 2));
      assertThat(arrays.freeBytes()).isZero();
      assertThat(other.wasClosed()).isFalse();
      assertThat(arrays.allocate(false, DataType.FLOAT, 4)).isNotSameAs(other);
    }
  }

  @Test
  void whatAPassDoesNotNeedIsFreedAfterIt() {
    try (PassArrays arrays = new PassArrays()) {
      INDArray shorter = arrays.allocate(false, DataType.FLOAT, 8, 5);
      arrays.endPass();
      assertThat(arrays.freeBytes()).isEqualTo(160);
      INDArray longer = arrays.allocate(false, DataType.FLOAT, 8, 7);
      arrays.endPass();
      assertThat(arrays.freeBytes()).isEqualTo(224);
      assertThat(shorter.wasClosed()).isTrue();
      assertThat(longer.wasClosed()).isFalse();
      arrays.close();
      assertThat(longer.wasClosed()).isTrue();
      assertThat(arrays.freeBytes()).isZero();
    }
  }

  @Test
  void anImpossibleArrayIsRefusedByItsOperator() {
    try (PassArrays arrays = new PassArrays()) {
      arrays.next("loss/add (add)", false);
      assertThatThrownBy(() -> arrays.allocate(false, DataType.FLOAT, 1L << 40, 1L << 10))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("loss/add (add)");
    }
  }
}
