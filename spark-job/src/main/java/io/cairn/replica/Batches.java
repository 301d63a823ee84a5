/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Where micro-batches come from. */
@FunctionalInterface
public interface Batches {

  /**
   * The next one. Called by one thread at a time, and not again before the batch that was handed
   * out {@link Replica#threads} calls ago is done with.
   */
  MultiDataSet next() throws InterruptedException;

  /**
   * The same batches for a model in float64.
   *
   * @param batches with values in any format
   */
  static Batches inFloat64(Batches batches) {
    return () -> {
      MultiDataSet batch = batches.next();
      MultiDataSet wide = SomeExamples.in(DataType.DOUBLE, batch);
      wide.setExampleMetaData(batch.getExampleMetaData()); // their weights
      return wide;
    };
  }
}
