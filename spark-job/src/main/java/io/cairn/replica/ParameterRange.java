/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;

/**
 * The place of one parameter array in the flat vector.
 *
 * @param layer the layer's or vertex's name as the user knows it
 * @param parameter DL4J's name of the parameter in that layer, for example {@code W}
 * @param offset first element
 * @param length number of elements
 * @param kind whether its "gradient" is one
 */
record ParameterRange(String layer, String parameter, long offset, long length, RangeKind kind) {

  /** What DL4J puts into the gradient vector at this range. */
  enum RangeKind {
    /** A gradient: a sum over examples, to be divided by their number. */
    GRADIENT,
    /**
     * An update in disguise, already a mean over a pass's examples: running mean and variance of
     * batch normalisation. Micro-batches and ranks are combined as their example-weighted mean,
     * never as a sum. The layer's outputs depend on these statistics of the pass as well.
     */
    BATCH_STATISTIC,
    /**
     * Likewise an update and a mean: the centres of the center loss. Within a pass they stand
     * still, so that nothing else depends on which examples meet in it.
     */
    CENTRE,
    /** Nothing: the parameter belongs to a frozen layer. It is neither summed nor sent. */
    FROZEN;

    /** Whether it is a mean, to be combined as one. */
    boolean isMean() {
      return this == BATCH_STATISTIC || this == CENTRE;
    }
  }

  /** Names of the layers that have parameters of a kind, each once, in the model's order. */
  static List<String> layers(List<ParameterRange> ranges, RangeKind kind) {
    return ranges.stream()
        .filter(range -> range.kind() == kind)
        .map(ParameterRange::layer)
        .distinct()
        .toList();
  }

  /** {@code layer conv1, parameter W}. */
  String place() {
    return "layer " + layer + ", parameter " + parameter;
  }
}
