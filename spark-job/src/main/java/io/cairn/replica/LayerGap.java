/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Objects;

/**
 * How far two states of one model are apart in a layer. A number is {@link Double#MAX_VALUE} where
 * a value of the states is not finite.
 *
 * <p>Threading: immutable.
 *
 * @param layer its name, as the user knows it
 * @param parameters the largest difference of a parameter
 * @param moved the most that one has moved since the model was loaded
 * @param largest the largest magnitude of one
 * @param updater the largest difference in the updater's state; 0 without one
 * @param updaterShare the same as a share of the largest magnitude in that part of the layer's
 *     state (the momenta, say, or the squares)
 */
public record LayerGap(
    String layer,
    double parameters,
    double moved,
    double largest,
    double updater,
    double updaterShare) {
  public LayerGap {
    Objects.requireNonNull(layer, "layer");
  }
}
