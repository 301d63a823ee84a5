/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * A loss as somebody may write it: its gradient is the mean over the examples of a pass, and not
 * their sum.
 */
public final class MeanOverBatch extends LossMCXENT {

  private static final long serialVersionUID = 1L;

  @Override
  public INDArray computeGradient(
      INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
    return super.computeGradient(labels, preOutput, activation, mask).divi(labels.size(0));
  }
}
