/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.param.Param;

/**
 * The setters of what all estimators of Cairn have. Each returns the estimator.
 *
 * <p>Threading: as Spark ML's own: one thread at a time.
 *
 * @param <S> the estimator
 */
public interface CairnSetters<S extends CairnSetters<S>> extends CairnParams {

  /** The network to train: a path, or a Deeplearning4j configuration as JSON. */
  default S setModel(String value) {
    return with(model(), value);
  }

  /** Workers. */
  default S setNumWorkers(int value) {
    return with(numWorkers(), value);
  }

  /** Examples of one forward and backward pass on one worker. */
  default S setMicroBatchSize(int value) {
    return with(microBatchSize(), value);
  }

  /** Micro-batches each worker sums before an update. */
  default S setAccumulationSteps(int value) {
    return with(accumulationSteps(), value);
  }

  /** Examples that enter one update. */
  default S setEffectiveBatchSize(int value) {
    return with(effectiveBatchSize(), value);
  }

  /** Passes over the training data. */
  default S setMaxEpochs(int value) {
    return with(maxEpochs(), value);
  }

  /** Updates of the parameters, instead of passes. */
  default S setMaxUpdates(long value) {
    return with(maxUpdates(), value);
  }

  /** Directory under which each fit keeps its state. */
  default S setCheckpointDir(String value) {
    return with(checkpointDir(), value);
  }

  /** Updates between two checkpoints. */
  default S setCheckpointInterval(int value) {
    return with(checkpointInterval(), value);
  }

  /** How input values are scaled. */
  default S setScale(String value) {
    return with(scale(), value);
  }

  /** Largest L2 norm of the mean gradient. */
  default S setClipGlobalNorm(double value) {
    return with(clipGlobalNorm(), value);
  }

  /** What a NaN or infinity in the gradient does. */
  default S setOnNonFinite(String value) {
    return with(onNonFinite(), value);
  }

  /** Whether the gradient is tried before the first update. */
  default S setSelfCheck(boolean value) {
    return with(selfCheck(), value);
  }

  /** Micro-batches that a worker computes side by side. */
  default S setComputeThreads(int value) {
    return with(computeThreads(), value);
  }

  /** More settings, in HOCON. */
  default S setSettings(String value) {
    return with(settings(), value);
  }

  /** The one seed that everything random derives from. */
  default S setSeed(long value) {
    return with(seed(), value);
  }

  /** The column with the examples' weights. */
  default S setWeightCol(String value) {
    return with(weightCol(), value);
  }

  /** The column that says which rows are for validation. */
  default S setValidationIndicatorCol(String value) {
    return with(validationIndicatorCol(), value);
  }

  /** What transform does with rows that cannot be scored. */
  default S setHandleInvalid(String value) {
    return with(handleInvalid(), value);
  }

  /** Sets a param, and returns this. */
  @SuppressWarnings("unchecked") // S is the estimator itself
  private <T> S with(Param<T> param, T value) {
    return (S) set(param, value);
  }
}
