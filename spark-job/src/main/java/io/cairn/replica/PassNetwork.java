/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What passes over examples need of a network. A pass reads the parameters and writes to the
 * gradient, and to what layers remember from the way there for the way back.
 *
 * <p>Owned by the {@link Replica}.
 *
 * <p>Threading: one thread, always the same (ND4J's random generator and workspaces are bound to
 * it).
 */
sealed interface PassNetwork permits Network {

  /** All gradients, shape [P], in the parameters' order. */
  INDArray gradient();

  /** Views of what in {@link #gradient()} is no sum, but a mean over a pass's examples. */
  List<INDArray> gradientStatistics();

  /**
   * One forward and backward pass. Leaves in {@link #gradient()} the SUM over the batch's examples,
   * before anything divides it.
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

  /** Outputs at inference, one array an output; detached from any workspace. */
  INDArray[] output(MultiDataSet batch);

  /** The loss at inference summed over the batch's examples, without regularisation. */
  double loss(MultiDataSet batch);

  /**
   * What the batch's loss is divided by: the sum of its examples' weights, or the number of terms
   * that its loss is made of.
   */
  double terms(MultiDataSet batch);

  /**
   * Bytes outside the heap that this thread's passes have taken, parameters and gradients aside.
   */
  long heldBytes();

  /** Sets the number of updates so far, which dropout and other noise may follow. */
  void iteration(int iteration);

  /** Sets the number of epochs so far. */
  void epoch(int epoch);

  /**
   * Frees its own arrays, at once and not when the collector finds them; it is of no use any more.
   */
  void release();
}
