/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.shared.HasHandleInvalid;
import org.apache.spark.ml.param.shared.HasSeed;
import org.apache.spark.ml.param.shared.HasValidationIndicatorCol;
import org.apache.spark.ml.param.shared.HasWeightCol;

/**
 * The params that all estimators and models of Cairn have. Models have them to tell how they were
 * trained; of these only {@code handleInvalid} changes what a model does.
 *
 * <p>Spark finds params by their public methods, which is why the methods below are. Each param's
 * documentation ({@code explainParams()}) says what it means, and which setting it stands for.
 *
 * <p>Threading: as Spark ML's own: a stage is changed by one thread at a time.
 */
public interface CairnParams
    extends HasSeed, HasWeightCol, HasValidationIndicatorCol, HasHandleInvalid {

  /** The params of this stage, made once. */
  CairnParamSet cairnParamSet();

  /** Param: the network to train: a path, or a Deeplearning4j configuration as JSON. */
  default Param<String> model() {
    return cairnParamSet().model;
  }

  /** Param: workers. */
  default IntParam numWorkers() {
    return cairnParamSet().numWorkers;
  }

  /** Param: examples of one forward and backward pass on one worker. */
  default IntParam microBatchSize() {
    return cairnParamSet().microBatchSize;
  }

  /** Param: micro-batches each worker sums before an update. */
  default IntParam accumulationSteps() {
    return cairnParamSet().accumulationSteps;
  }

  /** Param: examples that enter one update. */
  default IntParam effectiveBatchSize() {
    return cairnParamSet().effectiveBatchSize;
  }

  /** Param: passes over the training data. */
  default IntParam maxEpochs() {
    return cairnParamSet().maxEpochs;
  }

  /** Param: updates of the parameters, instead of passes. */
  default LongParam maxUpdates() {
    return cairnParamSet().maxUpdates;
  }

  /** Param: directory under which each fit keeps its state. */
  default Param<String> checkpointDir() {
    return cairnParamSet().checkpointDir;
  }

  /** Param: updates between two checkpoints. */
  default IntParam checkpointInterval() {
    return cairnParamSet().checkpointInterval;
  }

  /** Param: how input values are scaled. */
  default Param<String> scale() {
    return cairnParamSet().scale;
  }

  /** Param: largest L2 norm of the mean gradient. */
  default DoubleParam clipGlobalNorm() {
    return cairnParamSet().clipGlobalNorm;
  }

  /** Param: what a NaN or infinity in the gradient does. */
  default Param<String> onNonFinite() {
    return cairnParamSet().onNonFinite;
  }

  /** Param: whether the gradient is tried before the first update. */
  default BooleanParam selfCheck() {
    return cairnParamSet().selfCheck;
  }

  /** Param: micro-batches that a worker computes side by side. */
  default IntParam computeThreads() {
    return cairnParamSet().computeThreads;
  }

  /** Param: more settings, in HOCON. */
  default Param<String> settings() {
    return cairnParamSet().settings;
  }

  @Override
  default LongParam seed() {
    return cairnParamSet().seed;
  }

  @Override
  default Param<String> weightCol() {
    return cairnParamSet().weightCol;
  }

  @Override
  default Param<String> validationIndicatorCol() {
    return cairnParamSet().validationIndicatorCol;
  }

  @Override
  default Param<String> handleInvalid() {
    return cairnParamSet().handleInvalid;
  }

  /** The network to train: a path, or a Deeplearning4j configuration as JSON. */
  default String getModel() {
    return getOrDefault(model());
  }

  /** Workers. */
  default int getNumWorkers() {
    return (int) (Integer) getOrDefault(numWorkers());
  }

  /** Examples of one forward and backward pass on one worker. */
  default int getMicroBatchSize() {
    return (int) (Integer) getOrDefault(microBatchSize());
  }

  /** Micro-batches each worker sums before an update. */
  default int getAccumulationSteps() {
    return (int) (Integer) getOrDefault(accumulationSteps());
  }

  /** Examples that enter one update. */
  default int getEffectiveBatchSize() {
    return (int) (Integer) getOrDefault(effectiveBatchSize());
  }

  /** Passes over the training data. */
  default int getMaxEpochs() {
    return (int) (Integer) getOrDefault(maxEpochs());
  }

  /** Updates of the parameters, instead of passes. */
  default long getMaxUpdates() {
    return (long) (Long) getOrDefault(maxUpdates());
  }

  /** Directory under which each fit keeps its state. */
  default String getCheckpointDir() {
    return getOrDefault(checkpointDir());
  }

  /** Updates between two checkpoints. */
  default int getCheckpointInterval() {
    return (int) (Integer) getOrDefault(checkpointInterval());
  }

  /** How input values are scaled. */
  default String getScale() {
    return getOrDefault(scale());
  }

  /** Largest L2 norm of the mean gradient. */
  default double getClipGlobalNorm() {
    return (double) (Double) getOrDefault(clipGlobalNorm());
  }

  /** What a NaN or infinity in the gradient does. */
  default String getOnNonFinite() {
    return getOrDefault(onNonFinite());
  }

  /** Whether the gradient is tried before the first update. */
  default boolean getSelfCheck() {
    return (boolean) (Boolean) getOrDefault(selfCheck());
  }

  /** Micro-batches that a worker computes side by side. */
  default int getComputeThreads() {
    return (int) (Integer) getOrDefault(computeThreads());
  }

  /** More settings, in HOCON. */
  default String getSettings() {
    return getOrDefault(settings());
  }

  /** How Scala would keep a param of its own making; ours is in the set. */
  @Override
  default void org$apache$spark$ml$param$shared$HasSeed$_setter_$seed_$eq(LongParam ours) {}

  /** How Scala would keep a param of its own making; ours is in the set. */
  @Override
  default void org$apache$spark$ml$param$shared$HasWeightCol$_setter_$weightCol_$eq(
      Param<String> ours) {}

  /** How Scala would keep a param of its own making; ours is in the set. */
  @Override
  default void
      org$apache$spark$ml$param$shared$HasValidationIndicatorCol$_setter_$validationIndicatorCol_$eq(
          Param<String> ours) {}

  /** How Scala would keep a param of its own making; ours is in the set. */
  @Override
  default void org$apache$spark$ml$param$shared$HasHandleInvalid$_setter_$handleInvalid_$eq(
      Param<String> ours) {}
}
