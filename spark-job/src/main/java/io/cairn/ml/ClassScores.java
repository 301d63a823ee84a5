/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;

/**
 * Columns that follow from the probabilities of classes. A null, of a row that could not be scored,
 * stays one.
 *
 * <p>Threading: stateless.
 */
final class ClassScores {

  /** The column of what the network gives, while others are made of it. */
  static final String COLUMN = "__cairn_scores";

  /** What a probability of 0 counts as, so that its logarithm is finite. */
  private static final double LEAST = Double.MIN_NORMAL;

  private ClassScores() {}

  /** The natural logarithms. */
  static Column raw(Column probabilities) {
    UDF1<Vector, Vector> logarithms = ClassScores::logarithms;
    return functions.udf(logarithms, SQLDataTypes.VectorType()).apply(probabilities);
  }

  /**
   * The class.
   *
   * @param thresholds one a class, or none
   */
  static Column prediction(Column probabilities, double[] thresholds) {
    UDF1<Vector, Double> largest = values -> largest(values, thresholds);
    return functions.udf(largest, DataTypes.DoubleType).apply(probabilities);
  }

  /** The inverse of {@link #raw}, in the vector's own memory. */
  static Vector exponentInPlace(DenseVector raw) {
    double[] values = raw.values();
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] <= Math.log(LEAST) ? 0 : Math.exp(values[i]);
    }
    return raw;
  }

  private static Vector logarithms(Vector probabilities) {
    if (probabilities == null) {
      return null;
    }
    double[] values = probabilities.toArray().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.log(Math.max(values[i], LEAST));
    }
    return Vectors.dense(values);
  }

  /** As Spark ML: the largest ratio of probability and threshold, of several the first. */
  private static Double largest(Vector probabilities, double[] thresholds) {
    if (probabilities == null) {
      return null;
    }
    if (thresholds.length == 0) {
      return (double) probabilities.argmax();
    }
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < probabilities.size(); i++) {
      double scaled = probabilities.apply(i) / thresholds[i];
      if (scaled > most) {
        most = scaled;
        best = i;
      }
    }
    return (double) best;
  }
}
