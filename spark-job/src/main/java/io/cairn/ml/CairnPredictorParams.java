/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.PredictorParams;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.Params;

/**
 * The params of stages whose network has one input and one output.
 *
 * <p>Threading: as Spark ML's own: one thread at a time.
 */
public interface CairnPredictorParams extends CairnParams, PredictorParams {

  /** Param: shape of one example, where the network takes more than a flat vector. */
  IntArrayParam inputShape();

  /** Shape of one example, where the network takes more than a flat vector. */
  default int[] getInputShape() {
    return getOrDefault(inputShape());
  }

  /** The param of a stage. */
  static IntArrayParam inputShapeOf(Params owner) {
    return new IntArrayParam(
        owner,
        "inputShape",
        "lengths of the array that the features of one example make, such as 1, 28, 28; by default"
            + " one flat vector (data.inputs.shape)",
        CairnParamSet.valid(CairnPredictorParams::isShape));
  }

  private static boolean isShape(int[] lengths) {
    for (int length : lengths) {
      if (length < 1) {
        return false;
      }
    }
    return lengths.length > 0;
  }
}
