/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Makes parts and variants of a few examples, always in new arrays.
 *
 * <p>Threading: stateless.
 */
final class SomeExamples {

  private SomeExamples() {}

  /** How many there are. */
  static int count(MultiDataSet examples) {
    return Math.toIntExact(examples.getFeatures(0).size(0));
  }

  /** Those from one number up to another, exclusive. */
  static MultiDataSet part(MultiDataSet examples, int from, int to) {
    return each(
        examples,
        array -> {
          INDArrayIndex[] at = new INDArrayIndex[array.rank()];
          at[0] = NDArrayIndex.interval(from, to);
          for (int i = 1; i < at.length; i++) {
            at[i] = NDArrayIndex.all();
          }
          return array.get(at).dup('c').reshape('c', shape(array, to - from));
        });
  }

  /** All of them, and then all of them again. */
  static MultiDataSet twice(MultiDataSet examples) {
    return each(examples, array -> Nd4j.concat(0, array, array));
  }

  /** The same with floating point values in another type. */
  static MultiDataSet in(DataType type, MultiDataSet examples) {
    return each(examples, array -> array.dataType().isFPType() ? array.castTo(type) : array);
  }

  /** The same inputs with labels that are all zero. */
  static MultiDataSet withoutLabels(MultiDataSet examples) {
    return new org.nd4j.linalg.dataset.MultiDataSet(
        examples.getFeatures(),
        changed(examples.getLabels(), array -> array.dup().assign(0)),
        examples.getFeaturesMaskArrays(),
        examples.getLabelsMaskArrays());
  }

  private static long[] shape(INDArray array, int examples) {
    long[] shape = array.shape().clone();
    shape[0] = examples;
    return shape;
  }

  private static MultiDataSet each(MultiDataSet examples, UnaryOperator<INDArray> change) {
    return new org.nd4j.linalg.dataset.MultiDataSet(
        changed(examples.getFeatures(), change),
        changed(examples.getLabels(), change),
        changed(examples.getFeaturesMaskArrays(), change),
        changed(examples.getLabelsMaskArrays(), change));
  }

  private static INDArray[] changed(INDArray[] arrays, UnaryOperator<INDArray> change) {
    if (arrays == null) {
      return null;
    }
    INDArray[] changed = new INDArray[arrays.length];
    for (int i = 0; i < arrays.length; i++) {
      changed[i] = arrays[i] == null ? null : change.apply(arrays[i]);
    }
    return changed;
  }
}
