/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;

/**
 * The params of stages whose network may have several inputs and outputs.
 *
 * <p>Threading: as Spark ML's own: one thread at a time.
 */
public interface CairnNetworkParams extends CairnParams {

  /** The params of this stage, made once. */
  NetworkColumns networkColumns();

  /** Param: the network's inputs. */
  default Param<String> inputs() {
    return networkColumns().inputs();
  }

  /** Param: the network's outputs. */
  default Param<String> outputs() {
    return networkColumns().outputs();
  }

  /** Param: the columns of the predictions. */
  default StringArrayParam predictionCols() {
    return networkColumns().predictionCols();
  }

  /** Param: the columns of the probabilities. */
  default StringArrayParam probabilityCols() {
    return networkColumns().probabilityCols();
  }

  /** The network's inputs. */
  default String getInputs() {
    return getOrDefault(inputs());
  }

  /** The network's outputs. */
  default String getOutputs() {
    return getOrDefault(outputs());
  }

  /** The columns of the predictions. */
  default String[] getPredictionCols() {
    return getOrDefault(predictionCols());
  }

  /** The columns of the probabilities. */
  default String[] getProbabilityCols() {
    return getOrDefault(probabilityCols());
  }
}
