/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Set;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.Activation;

/**
 * A line of the table of layers: a class, and how it is tried.
 *
 * @param name what to call it, where a class has several lines
 * @param type the configuration's class
 * @param data the forms of data that it takes
 * @param maker makes one
 * @param traits what is special about it
 */
record LayerEntry(
    String name, Class<?> type, Set<ConformanceData> data, Maker maker, Set<Trait> traits) {

  /** Makes a layer for a form of data, with an activation if it has one. */
  @FunctionalInterface
  interface Maker {
    Layer make(ConformanceData data, Activation activation);
  }

  /** What is special about a layer. */
  enum Trait {
    /** It has an activation of its own: several are tried. */
    ACTIVATION,
    /** Tried with masks too. */
    MASKS,
    /** What it computes depends on the micro-batch: halves do not add up to the whole. */
    STATISTICS,
    /** It has a loss: it stands last, with nothing behind it. */
    OUTPUT,
    /** Its labels are 0 or 1, one 1 for each place. */
    ONE_HOT,
    /** Its labels are 0 or 1. */
    BINARY,
    /** Fits only once into a network: it changes the form of the data, or needs one of its own. */
    ONCE,
    /** Its sequences or volumes come out as plain vectors of four. */
    FLATTENS,
    /** Draws random numbers, other ones in float32 than in float64: float32 is not compared. */
    NOISE,
    /** Its parameters stay as they are: DL4J's gradient for them is zero. */
    FROZEN
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }
}
