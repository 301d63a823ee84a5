/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.Serializable;
import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The weights of a batch's examples. They are stored in the batch as the metadata of its examples,
 * a {@link Double} each. In a batch without metadata all examples count alike.
 *
 * <p>Threading: immutable, safe everywhere.
 */
final class ExampleWeights {

  private final double[] weights;
  private final double sum;

  private ExampleWeights(double[] weights, double sum) {
    this.weights = weights;
    this.sum = sum;
  }

  static ExampleWeights of(MultiDataSet batch) {
    List<Serializable> given = batch.getExampleMetaData();
    long examples = batch.getFeatures(0).size(0);
    if (given == null) {
      return new ExampleWeights(null, examples);
    }
    if (given.size() != examples) {
      throw new IllegalStateException(given.size() + " weights for " + examples + " examples");
    }
    double[] weights = new double[given.size()];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (Double) given.get(i);
      sum += weights[i];
    }
    return new ExampleWeights(weights, sum);
  }

  /** Whether examples have weights. */
  boolean areGiven() {
    return weights != null;
  }

  /** The weight of an example: 1 where none are given. */
  double of(int example) {
    return weights == null ? 1 : weights[example];
  }

  /** Of all examples. */
  double sum() {
    return sum;
  }

  int examples() {
    return weights.length;
  }
}
