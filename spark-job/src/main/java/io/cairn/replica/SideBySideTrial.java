/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Tries whether passes side by side compute what one pass alone does, to the bit. Deeplearning4j's
 * layers do, as {@code LayerConformanceTest} holds; a user's own layer may keep something that all
 * of its kind share, or write to its parameters.
 *
 * <p>Used once.
 *
 * <p>Threading: the replica's thread.
 */
final class SideBySideTrial implements SideBySide.Passes<MultiDataSet, String> {

  /** Of what layers draw. */
  private static final long SEED = 20_232;

  private static final String SAME = "";

  private final Network network;
  private final SideBySide sideBySide;
  private final MultiDataSet examples;
  private INDArray alone;
  private String different = SAME;

  /**
   * @param network leaves with the gradient of some pass in it, otherwise as it was
   * @param examples a few real ones; borrowed until {@link #difference} returns
   */
  SideBySideTrial(Network network, SideBySide sideBySide, MultiDataSet examples) {
    this.network = network;
    this.sideBySide = sideBySide;
    this.examples = examples;
  }

  /** Why passes side by side are not those of one thread; empty if they are. */
  Optional<String> difference() throws InterruptedException {
    INDArray parameters = network.parameters().dup();
    alone = gradient(network);
    if (!place(alone, gradient(network)).isEmpty()) {
      // It is not the same on one thread either.
      return Optional.empty();
    }
    try {
      sideBySide.run(2 * sideBySide.threads(), this);
    } catch (RuntimeException e) {
      if (OffHeapMemory.isExhausted(e)) {
        throw e;
      }
      return Optional.of("a pass beside others failed: " + e);
    }
    String changed = place(parameters, network.parameters());
    if (!changed.isEmpty()) {
      return Optional.of("a pass changes the parameters of " + changed);
    }
    return different.isEmpty()
        ? Optional.empty()
        : Optional.of("beside others, a pass has another gradient in " + different);
  }

  @Override
  public MultiDataSet take() {
    return examples;
  }

  @Override
  public String compute(PassNetwork of, MultiDataSet batch, int pass) {
    return place(alone, gradient(of));
  }

  @Override
  public void add(PassNetwork of, MultiDataSet batch, String place) {
    if (different.isEmpty()) {
      different = place;
    }
  }

  private INDArray gradient(PassNetwork of) {
    Nd4j.getRandom().setSeed(SEED);
    of.backpropagate(examples);
    return of.gradient().dup();
  }

  /** The first parameter at which two vectors differ; empty if they have the same bits. */
  private String place(INDArray expected, INDArray actual) {
    if (expected.equalsWithEps(actual, 0)) {
      return SAME;
    }
    return network.ranges().stream()
        .filter(range -> !part(expected, range).equalsWithEps(part(actual, range), 0))
        .map(ParameterRange::place)
        .findFirst()
        .orElse(SAME);
  }

  private static INDArray part(INDArray vector, ParameterRange range) {
    return vector.get(NDArrayIndex.interval(range.offset(), range.offset() + range.length()));
  }
}
