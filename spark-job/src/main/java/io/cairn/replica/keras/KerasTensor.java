/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;

/**
 * The output of one layer, as the next layer sees it.
 *
 * @param vertex of the DL4J network, whose output it is
 * @param shape of an example in Keras: its axes without the first, -1 where a size is open
 * @param form how DL4J's array lies
 * @param order of a vector: where in DL4J's each value of Keras's is; null for the same order
 * @param mask the value that all features have at a masked step; empty if Keras masks none
 */
record KerasTensor(String vertex, int[] shape, Form form, int[] order, OptionalDouble mask) {

  /** How DL4J's array lies, compared with Keras's. */
  enum Form {
    /** The same axes in the same order. */
    SAME,
    /** A sequence whose steps are the last axis: DL4J's own order, [N, features, steps]. */
    STEPS_LAST,
    /** A sequence whose steps are examples: [N * steps, features]. */
    STEPS_AS_EXAMPLES
  }

  KerasTensor(String vertex, int... shape) {
    this(vertex, shape, Form.SAME, null, OptionalDouble.empty());
  }

  /** Number of axes besides the examples. */
  int rank() {
    return shape.length;
  }

  /** The last axis in Keras's order. */
  int features() {
    return shape[shape.length - 1];
  }

  /** Values of an example; -1 if open. */
  int size() {
    return Arrays.stream(shape).anyMatch(axis -> axis < 0)
        ? -1
        : Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /** The same, given by another vertex. */
  KerasTensor by(String other) {
    return new KerasTensor(other, shape, form, order, mask);
  }

  /** The same vertex and form with another shape. */
  KerasTensor shaped(int... other) {
    return new KerasTensor(vertex, other, form, order, mask);
  }

  /** Another number of features. */
  KerasTensor withFeatures(int features) {
    int[] other = shape.clone();
    other[other.length - 1] = features;
    return shaped(other);
  }

  /** The same in another form. */
  KerasTensor in(Form other) {
    return new KerasTensor(vertex, shape, other, order, mask);
  }

  /** With values that lie in another order. */
  KerasTensor ordered(int[] places) {
    return new KerasTensor(vertex, shape, form, places, mask);
  }

  /** With steps masked at which all features have a value; or with none. */
  KerasTensor masked(OptionalDouble value) {
    return new KerasTensor(vertex, shape, form, order, value);
  }

  /** What brings DL4J's array into another form; null if it is in it. */
  InputPreProcessor to(Form wanted) {
    if (form == wanted) {
      return null;
    }
    if (wanted == Form.STEPS_AS_EXAMPLES) {
      return new RnnToFeedForwardPreProcessor(format(form));
    }
    if (form == Form.STEPS_AS_EXAMPLES) {
      return new FeedForwardToRnnPreProcessor(format(wanted));
    }
    return new ComposableInputPreProcessor(
        new RnnToFeedForwardPreProcessor(format(form)),
        new FeedForwardToRnnPreProcessor(format(wanted)));
  }

  private static RNNFormat format(Form form) {
    return form == Form.SAME ? RNNFormat.NWC : RNNFormat.NCW;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KerasTensor tensor
        && vertex.equals(tensor.vertex)
        && Arrays.equals(shape, tensor.shape)
        && form == tensor.form
        && Arrays.equals(order, tensor.order)
        && mask.equals(tensor.mask);
  }

  @Override
  public int hashCode() {
    return vertex.hashCode();
  }

  @Override
  public String toString() {
    return "["
        + String.join(
            ", ",
            IntStream.of(shape).mapToObj(axis -> axis < 0 ? "None" : String.valueOf(axis)).toList())
        + "]";
  }
}
