/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import java.util.Iterator;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.nd4j.linalg.dataset.DataSet;

/**
 * The examples of data sets with one input and one output.
 *
 * @param splitter splits them
 */
record DataSets(ExampleSplitter splitter) implements FlatMapFunction<DataSet, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public Iterator<byte[]> call(DataSet data) {
    return splitter.split(data).iterator();
  }
}
