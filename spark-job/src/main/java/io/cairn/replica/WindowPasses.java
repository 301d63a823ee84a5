/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.Replica.Batches;
import io.cairn.replica.Replica.WindowSums;
import java.util.function.IntToLongFunction;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The passes of one window: forward, backward, and the addition to the accumulator.
 *
 * <p>Threading: as {@link SideBySide.Passes} says.
 */
final class WindowPasses implements SideBySide.Passes<MultiDataSet, Double> {

  private final GradientAccumulator accumulator;
  private final Batches batches;
  private final IntToLongFunction noiseSeed;
  private double lossSum;
  private double weight;
  private long fetchNanos;

  WindowPasses(GradientAccumulator accumulator, Batches batches, IntToLongFunction noiseSeed) {
    this.accumulator = accumulator;
    this.batches = batches;
    this.noiseSeed = noiseSeed;
  }

  @Override
  public MultiDataSet take() throws InterruptedException {
    long start = System.nanoTime();
    MultiDataSet batch = batches.next();
    fetchNanos += System.nanoTime() - start;
    return batch;
  }

  @Override
  public Double compute(PassNetwork network, MultiDataSet batch, int pass) {
    // Each thread has a generator of its own.
    Nd4j.getRandom().setSeed(noiseSeed.applyAsLong(pass));
    return network.backpropagate(batch);
  }

  @Override
  public void add(PassNetwork network, MultiDataSet batch, Double loss) {
    accumulator.add(network, Math.toIntExact(batch.getFeatures(0).size(0)));
    lossSum += loss;
    weight += network.terms(batch);
  }

  /**
   * What they come to, once all are added.
   *
   * @param threads that took part
   */
  WindowSums sums(int threads) {
    return new WindowSums(lossSum, weight, fetchNanos / Math.max(1, threads));
  }
}
