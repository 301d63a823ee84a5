/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The examples of data sets with several inputs or outputs.
 *
 * @param splitter splits them
 */
record MultiDataSets(ExampleSplitter splitter) implements FlatMapFunction<MultiDataSet, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Iterator<byte[]> call(MultiDataSet data) {
    return splitter.split(data).iterator();
  }
}
