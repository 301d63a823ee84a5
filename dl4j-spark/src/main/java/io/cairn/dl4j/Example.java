/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.dl4j.NetworkDemand.Precision;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One example of a data set as bytes, the form in which it is kept while a network is fitted: no
 * memory outside the heap, nothing that a serializer must know. Or, in its place, what is wrong
 * with the data set that it should have come from.
 *
 * <p>Threading: immutable but for the arrays, which nobody changes.
 */
sealed interface Example {

  /**
   * An example.
   *
   * @param arrays inputs, then outputs
   * @param steps whether all arrays with time steps had as many in their data set
   */
  record Sound(List<Values> arrays, StepCounts steps) implements Example {}

  /**
   * None.
   *
   * @param problem a sentence
   */
  record Wrong(String problem) implements Example {}

  /** How the time steps of an example's arrays compare. */
  enum StepCounts {
    /** As many in all of them. */
    ALIKE,
    /** Some have others. */
    DIFFERENT
  }

  /**
   * One array of an example, without the steps that are masked.
   *
   * @param shape without the example dimension
   * @param steps time steps; 0 of an array that has none, or where nobody knows
   * @param numbers in c order
   */
  record Values(int[] shape, int steps, double[] numbers) {}

  /** As bytes. */
  default byte[] bytes(Precision precision) {
    if (this instanceof Wrong wrong) {
      byte[] text = wrong.problem().getBytes(StandardCharsets.UTF_8);
      return ByteBuffer.allocate(1 + text.length).put((byte) 0).put(text).array();
    }
    Sound sound = (Sound) this;
    int width = precision == Precision.DOUBLE ? Double.BYTES : Float.BYTES;
    int length = 2;
    for (Values values : sound.arrays()) {
      length += 2 + (values.shape().length + 1) * Integer.BYTES + values.numbers().length * width;
    }
    ByteBuffer out = ByteBuffer.allocate(length);
    out.put((byte) sound.arrays().size());
    out.put((byte) sound.steps().ordinal());
    for (Values values : sound.arrays()) {
      out.putShort((short) values.shape().length);
      for (int dimension : values.shape()) {
        out.putInt(dimension);
      }
      out.putInt(values.steps());
      for (double number : values.numbers()) {
        if (precision == Precision.DOUBLE) {
          out.putDouble(number);
        } else {
          out.putFloat((float) number);
        }
      }
    }
    return out.array();
  }

  /** Out of bytes. */
  static Example of(byte[] bytes, Precision precision) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int count = in.get();
    if (count == 0) {
      return new Wrong(new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8));
    }
    StepCounts alike = StepCounts.values()[in.get()];
    List<Values> arrays = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] shape = new int[in.getShort()];
      int length = 1;
      for (int d = 0; d < shape.length; d++) {
        shape[d] = in.getInt();
        length *= shape[d];
      }
      int steps = in.getInt();
      double[] numbers = new double[length];
      for (int n = 0; n < length; n++) {
        numbers[n] = precision == Precision.DOUBLE ? in.getDouble() : in.getFloat();
      }
      arrays.add(new Values(shape, steps, numbers));
    }
    return new Sound(arrays, alike);
  }
}
