/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A network of any kind, as distributed training needs it. Parameters and gradient are flat vectors
 * of P values. A pass computes a SUM over its examples. One update is made from the sum of all
 * passes and the count that it is divided by. Every array that is handed out is a view: writing to
 * it changes the network.
 *
 * <p>Owned by the {@link Replica}; its arrays live as long as the process needs them.
 *
 * <p>Threading: one thread, always the same (ND4J's random generator and workspaces are bound to
 * it).
 */
sealed interface Network extends PassNetwork permits Dl4jNetwork, SameDiffNetwork {

  /** What it wants to be handed. */
  ModelSignature signature();

  /** How many indices each input may hold, in its order; empty of one that holds values. */
  List<OptionalLong> indexInputs();

  /** How many values each input, or each of its steps, has; empty where its layer does not say. */
  List<OptionalLong> inputWidths();

  /** The value that masks a step, of each input in its order; empty where none does. */
  List<OptionalDouble> maskedInputs();

  /** Layers whose results depend on the micro-batch where sequences have different lengths. */
  List<String> layersWrongWithMasks();

  /** All parameters, shape [P]. */
  INDArray parameters();

  /** The updater's state, shape [S] or [1, S], or null for an updater without state. */
  INDArray updaterState();

  /** What lies where in {@link #parameters()} and {@link #gradient()}, in order, without gaps. */
  List<ParameterRange> ranges();

  /** Where the updater keeps what for {@link #parameters()}; empty for one without state. */
  List<UpdaterRange> updaterRanges();

  /** What a pass is made for. */
  enum Phase {
    TRAINING,
    /** Without noise; batch normalization has its running statistics. */
    INFERENCE
  }

  /** What each layer, or vertex, makes of a batch, by name, in the order of computing. */
  Map<String, INDArray> activations(MultiDataSet batch, Phase phase);

  /** Whether an update divides by the number of examples (DL4J's {@code miniBatch}). */
  boolean dividesByExamples();

  /**
   * Whether an update divides by what {@link #terms} counts, and not by the number of examples or
   * the sum of their weights.
   */
  boolean countsTerms();

  /** The L1, L2 and weight decay score of the current parameters. */
  double regularizationScore();

  /**
   * One update from the sum in {@link #gradient()}: divide by {@code examples}, normalise per
   * layer, L1/L2, updater, weight decay, step, constraints; then counts one iteration. Overwrites
   * {@link #gradient()}.
   */
  void update(int examples);

  /** Updates so far, as schedules count them. */
  int iteration();

  /** Epochs so far, as schedules count them. */
  int epoch();

  /**
   * The learning rate of the first layer that has one, at the current iteration and epoch; NaN if
   * none has.
   */
  double learningRate();

  /**
   * Another network that computes the same passes from this one's parameters, at the same time, if
   * they are not changed meanwhile. All else that a pass writes to is its own. It has no updater.
   *
   * @return whoever asked for it releases it
   */
  PassNetwork sibling();

  /**
   * The learning rates at the current iteration and epoch, by the name of the group of parameters;
   * empty if the optimizer is the model's own.
   */
  Map<String, Double> learningRates();

  /** Writes it with its updater's state as a file of its kind that others can read. */
  void write(OutputStream file) throws IOException;

  /** The same for this program alone: nothing that others could not read is said otherwise. */
  void writeForWorkers(OutputStream file) throws IOException;

  /** The same of what scoring needs alone: no state of the updater. */
  void writeForScoring(OutputStream file) throws IOException;

  /** What settings change in it before a run begins, and what is said of it. */
  ModelKind kind();

  /** Copies of it that compute its gradient without noise. */
  QuietCopies quietCopies();

  /** Computes from now on without fast helpers, as the reference that they are held against. */
  void removeHelpers();
}
