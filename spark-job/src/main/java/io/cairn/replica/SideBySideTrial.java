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
    pass(network);
    alone = network.gradient().dup();
    pass(network);
    boolean repeats = place(alone, network.gradient()).isEmpty();
    Optional<String> changed = changed(parameters);
    if (changed.isPresent() || !repeats) {
      // What is not the same on one thread need not be it on several.
      return changed;
    }
    try {
      sideBySide.run(2 * sideBySide.threads(), this);
    } catch (RuntimeException e) {
      if (OffHeapMemory.isExhausted(e)) {
        throw e;
      }
      return Optional.of("a pass beside others failed: " + e);
    }
    changed = changed(parameters);
    return changed.isPresent() || different.isEmpty()
        ? changed
        : Optional.of("beside others, a pass has another gradient in " + different);
  }

  /** Which parameters passes have changed, which are put back. */
  private Optional<String> changed(INDArray before) {
    String where = place(before, network.parameters());
    if (where.isEmpty()) {
      return Optional.empty();
    }
    network.parameters().assign(before);
    return Optional.of("a pass changes the parameters of " + where);
  }

  @Override
  public MultiDataSet take() {
    return examples;
  }

  @Override
  public String compute(PassNetwork of, MultiDataSet batch, int pass) {
    pass(of);
    return place(alone, of.gradient());
  }

  @Override
  public void add(PassNetwork of, MultiDataSet batch, String place) {
    if (different.isEmpty()) {
      different = place;
    }
  }

  private void pass(PassNetwork of) {
    Nd4j.getRandom().setSeed(SEED);
    of.backpropagate(examples);
  }

  /** The first parameter at which two vectors differ; empty if they have the same bits. */
  private String place(INDArray expected, INDArray actual) {
    if (same(expected, actual)) {
      return SAME;
    }
    return network.ranges().stream()
        .filter(range -> !same(part(expected, range), part(actual, range)))
        .map(ParameterRange::place)
        .findFirst()
        .orElse(SAME);
  }

  /** ND4J calls no single number equal to itself within 0. */
  private static boolean same(INDArray expected, INDArray actual) {
    return expected.length() == 1
        ? expected.getDouble(0) == actual.getDouble(0)
        : expected.equalsWithEps(actual, 0);
  }

  private static INDArray part(INDArray vector, ParameterRange range) {
    return vector.get(NDArrayIndex.interval(range.offset(), range.offset() + range.length()));
  }
}
