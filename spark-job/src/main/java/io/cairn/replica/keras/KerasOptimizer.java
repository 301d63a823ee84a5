/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * A Keras optimizer, translated to Deeplearning4j.
 *
 * @param updater with its schedule
 * @param updaterStart what the updater's state starts from: the state of the parameters that share
 *     an updater, cut into as many equal parts as there are numbers, each part filled with its
 *     number; empty for ND4J's own start
 * @param weightDecay what is taken off every parameter in each update, times the learning rate; 0
 *     for none
 * @param clipping what is done to the mean gradient of a parameter
 * @param clipThreshold of that clipping
 * @param clipGlobalNorm the largest norm of the mean gradient over all parameters
 * @param embeddings why an embedding cannot be trained with it, if so
 * @param notes sentences for the user
 */
record KerasOptimizer(
    IUpdater updater,
    List<Double> updaterStart,
    double weightDecay,
    GradientNormalization clipping,
    double clipThreshold,
    OptionalDouble clipGlobalNorm,
    Optional<String> embeddings,
    List<String> notes) {

  KerasOptimizer {
    updaterStart = List.copyOf(updaterStart);
    notes = List.copyOf(notes);
  }

  /** Whether gradients are clipped, in any way. */
  boolean clips() {
    return clipping != GradientNormalization.None || clipGlobalNorm.isPresent();
  }
}
