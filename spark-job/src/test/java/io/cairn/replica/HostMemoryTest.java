/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class HostMemoryTest {

  private static HostMemory ofAnArrayThatNobodyElseHas(List<WeakReference<INDArray>> arrays) {
    INDArray array = Nd4j.ones(DataType.FLOAT, 1000);
    arrays.add(new WeakReference<>(array));
    return HostMemory.of(array);
  }

  /** ND4J frees what an array holds once the array is collected. */
  @Test
  void anArrayIsNotCollectedBeforeItsMemoryIsLetGo() {
    List<WeakReference<INDArray>> arrays = new ArrayList<>();
    HostMemory memory = ofAnArrayThatNobodyElseHas(arrays);
    System.gc();
    assertThat(arrays.get(0).get()).isNotNull();
    assertThat(memory.part(3996, 4).getFloat()).isEqualTo(1);
  }
}
