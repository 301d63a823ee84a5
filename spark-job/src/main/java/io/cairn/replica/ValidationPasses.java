/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The passes of a validation: outputs and loss, and their addition to the sums.
 *
 * <p>Threading: as {@link SideBySide.Passes} says.
 */
final class ValidationPasses
    implements SideBySide.Passes<MultiDataSet, ValidationPasses.Inference> {

  private final Batches batches;
  private final ValidationSums sums;

  ValidationPasses(Batches batches, ValidationSums sums) {
    this.batches = batches;
    this.sums = sums;
  }

  /** Outputs and loss of a batch. */
  record Inference(INDArray[] outputs, double lossSum, double terms) {}

  @Override
  public MultiDataSet take() throws InterruptedException {
    return batches.next();
  }

  @Override
  public Inference compute(PassNetwork network, MultiDataSet batch, int pass) {
    return new Inference(network.output(batch), network.loss(batch), network.terms(batch));
  }

  @Override
  public void add(PassNetwork network, MultiDataSet batch, Inference inference) {
    sums.add(inference.outputs(), inference.lossSum(), inference.terms(), batch);
  }
}
