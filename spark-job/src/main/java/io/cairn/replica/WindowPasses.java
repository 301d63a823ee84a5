/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.WindowSums.Squares;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The passes of one window: forward, backward, and the addition to the accumulator.
 *
 * <p>Threading: as {@link SideBySide.Passes} says.
 */
final class WindowPasses implements SideBySide.Passes<MultiDataSet, WindowPasses.Pass> {

  /**
   * What a pass leaves besides its gradient.
   *
   * @param loss summed over its examples
   * @param square the squared length of its gradient sum; 0 where nobody wants it
   */
  record Pass(double loss, double square) {}

  private final GradientAccumulator accumulator;
  private final Batches batches;
  private final IntToLongFunction noiseSeed;
  private final Optional<GradientSquares> squares;
  private double lossSum;
  private double squareSum;
  private long squaredCounts;
  private double weight;
  private long fetchNanos;

  /**
   * @param squares if the squared lengths of the passes' gradient sums are wanted
   */
  WindowPasses(
      GradientAccumulator accumulator,
      Batches batches,
      IntToLongFunction noiseSeed,
      Optional<GradientSquares> squares) {
    this.accumulator = accumulator;
    this.batches = batches;
    this.noiseSeed = noiseSeed;
    this.squares = squares;
  }

  @Override
  public MultiDataSet take() throws InterruptedException {
    long start = System.nanoTime();
    MultiDataSet batch = batches.next();
    fetchNanos += System.nanoTime() - start;
    return batch;
  }

  @Override
  public Pass compute(PassNetwork network, MultiDataSet batch, int pass) {
    // Each thread has a generator of its own.
    Nd4j.getRandom().setSeed(noiseSeed.applyAsLong(pass));
    double loss = network.backpropagate(batch);
    return new Pass(loss, squares.isPresent() ? squares.get().of(network.gradient()) : 0);
  }

  @Override
  public void add(PassNetwork network, MultiDataSet batch, Pass pass) {
    int examples = Math.toIntExact(batch.getFeatures(0).size(0));
    accumulator.add(network, examples);
    lossSum += pass.loss();
    if (squares.isPresent()) {
      squareSum += pass.square();
      squaredCounts += (long) examples * examples;
    }
    weight += network.terms(batch);
  }

  /**
   * What they come to, once all are added.
   *
   * @param threads that took part
   */
  WindowSums sums(int threads) {
    return new WindowSums(
        lossSum, weight, new Squares(squareSum, squaredCounts), fetchNanos / Math.max(1, threads));
  }
}
