/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.io.Serializable;
import java.util.function.Predicate;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.Params;
import scala.Function1;

/**
 * The params that all stages of Cairn have, as one stage owns them: their names, documentation,
 * validators and defaults. {@link CairnParams} shows them to Spark.
 *
 * <p>What they mean is what the settings mean that they stand for; their documentation says which.
 *
 * <p>Threading: immutable, safe everywhere.
 */
final class CairnParamSet implements Serializable {
  private static final long serialVersionUID = 1L;

  static final int DEFAULT_MICRO_BATCH_SIZE = 32;
  static final int DEFAULT_MAX_EPOCHS = 10;
  private static final int DEFAULT_CHECKPOINT_INTERVAL = 100;
  private static final long DEFAULT_SEED = 1;

  final Param<String> model;
  final IntParam numWorkers;
  final IntParam microBatchSize;
  final IntParam accumulationSteps;
  final IntParam effectiveBatchSize;
  final IntParam maxEpochs;
  final LongParam maxUpdates;
  final LongParam seed;
  final Param<String> checkpointDir;
  final IntParam checkpointInterval;
  final Param<String> scale;
  final DoubleParam clipGlobalNorm;
  final Param<String> onNonFinite;
  final BooleanParam selfCheck;
  final IntParam computeThreads;
  final Param<String> settings;
  final Param<String> weightCol;
  final Param<String> validationIndicatorCol;
  final Param<String> handleInvalid;

  /** The params of a stage, with their defaults set. */
  CairnParamSet(Params owner) {
    model =
        text(
            owner,
            "model",
            "the network to train: the path of a Deeplearning4j configuration (.json), of a"
                + " Deeplearning4j model (.zip) to go on from, or of a Keras model (.h5, .keras); or"
                + " a Deeplearning4j configuration as JSON itself (model.source)");
    numWorkers =
        count(
            owner,
            "numWorkers",
            "number of workers, each a barrier task of its own (>= 1); by default as many as the"
                + " session's executors (batch.workers)");
    microBatchSize =
        count(
            owner,
            "microBatchSize",
            "examples of one forward and backward pass on one worker (>= 1); decides memory"
                + " (batch.micro)");
    accumulationSteps =
        count(
            owner,
            "accumulationSteps",
            "micro-batches each worker sums before an update (>= 1); by default 1, or what"
                + " effectiveBatchSize asks for (batch.steps)");
    effectiveBatchSize =
        count(
            owner,
            "effectiveBatchSize",
            "examples that enter one update (>= 1), numWorkers x microBatchSize x"
                + " accumulationSteps; by default what these give (batch.effective)");
    maxEpochs = count(owner, "maxEpochs", "passes over the training data (>= 1) (train.epochs)");
    maxUpdates =
        new LongParam(
            owner,
            "maxUpdates",
            "updates of the parameters (>= 1), instead of maxEpochs (train.updates)",
            ParamValidators.gtEq(1));
    seed =
        new LongParam(
            owner,
            "seed",
            "random seed: shards, the order of examples, initial parameters and noise derive from"
                + " it (seed)");
    checkpointDir =
        text(
            owner,
            "checkpointDir",
            "directory, on any Hadoop file system, under which each fit keeps its state, so that a"
                + " fit of the same params to the same data goes on where another one stopped; by"
                + " default the state is temporary (output)");
    checkpointInterval =
        count(
            owner,
            "checkpointInterval",
            "updates between two checkpoints (>= 1) (checkpoint.every-updates)");
    scale =
        text(
            owner,
            "scale",
            "how input values are scaled: none, standard, min-max or a factor such as 1/255; what is"
                + " fitted is fitted on the training rows and stored with the model; by default as"
                + " the model says, else none (data.scale)");
    clipGlobalNorm =
        new DoubleParam(
            owner,
            "clipGlobalNorm",
            "largest L2 norm of the mean gradient over all parameters (> 0); by default not clipped"
                + " (train.clip-global-norm)",
            ParamValidators.gt(0));
    onNonFinite =
        choice(
            owner,
            "onNonFinite",
            "what a NaN or infinity in the gradient does: fail ends the fit, skip leaves the update"
                + " out (train.on-non-finite)",
            "fail",
            "skip");
    selfCheck =
        new BooleanParam(
            owner,
            "selfCheck",
            "whether the gradient is tried on a few examples before the first update"
                + " (train.self-check)");
    computeThreads =
        count(
            owner,
            "computeThreads",
            "micro-batches that a worker computes side by side (>= 1); by default as many as its"
                + " executor has cores, 1 on a GPU; changes nothing but time and memory"
                + " (compute.threads)");
    settings =
        text(
            owner,
            "settings",
            "more settings, in HOCON, for what has no param of its own, such as \"data.class-weights"
                + " = balanced, recovery.max-attempts = 3\"");
    weightCol =
        text(
            owner,
            "weightCol",
            "name of the column with the examples' weights, of at least 0; if this is not set or"
                + " empty, all count alike (data.weight)");
    validationIndicatorCol =
        new Param<>(
            owner,
            "validationIndicatorCol",
            "name of the column that indicates whether each row is for training or for validation:"
                + " false for training, true for validation");
    handleInvalid =
        choice(
            owner,
            "handleInvalid",
            "what transform does with rows that cannot be scored (null or missing values, another"
                + " length, values that are not finite): error ends the job, skip leaves them out,"
                + " keep gives them null as prediction. A fit always refuses such rows",
            "error",
            "skip",
            "keep");
    owner.setDefault(microBatchSize, DEFAULT_MICRO_BATCH_SIZE);
    owner.setDefault(maxEpochs, DEFAULT_MAX_EPOCHS);
    owner.setDefault(seed, DEFAULT_SEED);
    owner.setDefault(checkpointInterval, DEFAULT_CHECKPOINT_INTERVAL);
    owner.setDefault(onNonFinite, "fail");
    owner.setDefault(selfCheck, true);
    owner.setDefault(handleInvalid, "error");
  }

  /** A param that is a text. */
  static Param<String> text(Params owner, String name, String doc) {
    return new Param<>(owner, name, doc);
  }

  private static IntParam count(Params owner, String name, String doc) {
    return new IntParam(owner, name, doc, ParamValidators.gtEq(1));
  }

  private static Param<String> choice(Params owner, String name, String doc, String... choices) {
    return new Param<>(
        owner,
        name,
        doc + " (" + String.join(", ", choices) + ")",
        ParamValidators.inArray(choices));
  }

  /** A validator that travels with its param. */
  static <T> Function1<T, Object> valid(SerializablePredicate<T> predicate) {
    return (Function1<T, Object> & Serializable) value -> predicate.test(value);
  }

  /** A predicate that travels. */
  @FunctionalInterface
  interface SerializablePredicate<T> extends Predicate<T>, Serializable {}
}
