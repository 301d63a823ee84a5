/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A Deeplearning4j network, sequential or graph, cut at the two places where distributed training
 * needs it: between the raw gradient and the updater, and between the loss and the regularisation
 * score.
 *
 * <p>Owned by the {@link Replica}; its arrays live as long as the process needs them.
 *
 * <p>Threading: one thread, always the same (ND4J's random generator and workspaces are bound to
 * it).
 */
sealed interface Network permits SequentialNetwork, GraphNetwork {

  /** The DL4J model itself; saving it gives an ordinary DL4J archive. */
  Model model();

  /** All parameters as one flat vector, shape [P]; a view, writes go through. */
  INDArray parameters();

  /** All gradients as one flat vector, shape [P], in the parameters' order; a view. */
  INDArray gradient();

  /** The updater's state, flat, or null for an updater without state; a view. */
  INDArray updaterState();

  /** What lies where in {@link #parameters()} and {@link #gradient()}, in order, without gaps. */
  List<ParameterRange> ranges();

  /**
   * One forward and backward pass. Leaves in {@link #gradient()} the SUM over the batch's examples,
   * as DL4J computes it before its updater divides.
   *
   * <p>Examples that have weights (see {@link ExampleWeights}) enter gradient and loss times those.
   *
   * @return the loss summed over the examples, without regularisation
   */
  double backpropagate(MultiDataSet batch);

  /**
   * Lets go of all arrays that passes have left, whether they ended or failed; parameters,
   * gradients and updater stay.
   */
  void forgetPasses();

  /** Whether DL4J's updater divides by the number of examples ({@code miniBatch}, its default). */
  boolean dividesByExamples();

  /** The L1, L2 and weight decay score of the current parameters. */
  double regularizationScore();

  /**
   * DL4J's own update from the sum in {@link #gradient()}: divide by {@code examples}, normalise
   * per layer, L1/L2, updater, weight decay, step, constraints; then counts one iteration.
   * Overwrites {@link #gradient()}.
   */
  void update(int examples);

  /** Updates so far, as DL4J's schedules count them. */
  int iteration();

  /** Sets the number of updates so far. */
  void iteration(int iteration);

  /** Epochs so far, as DL4J's schedules count them. */
  int epoch();

  /** Sets the number of epochs so far. */
  void epoch(int epoch);

  /** Outputs at inference, one array an output; detached from any workspace. */
  INDArray[] output(MultiDataSet batch);

  /** The loss at inference summed over the batch's examples, without regularisation. */
  double loss(MultiDataSet batch);

  /**
   * The learning rate of the first layer that has one, at the current iteration and epoch; NaN if
   * none has.
   */
  double learningRate();
}
