/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Scales the input values of records in place. It computes in double precision and rounds once, to
 * the network's format. Class indices, time steps beyond the length and outputs are not changed.
 *
 * <p>Threading: immutable after construction, safe everywhere.
 */
final class RecordScaler {
  private final ExampleLayout layout;
  private final boolean identity;
  private final double[][] shifts;
  private final double[][] factors;
  private final int[] offsets;

  RecordScaler(ExampleLayout layout, Scaling scaling) {
    this.layout = layout;
    this.identity = scaling.method() == Scaling.Method.NONE;
    List<Field> inputs = layout.inputs();
    if (!scaling.inputs().isEmpty() && scaling.inputs().size() != inputs.size()) {
      throw new IllegalArgumentException(
          "a scaling of "
              + scaling.inputs().size()
              + " inputs does not fit examples of "
              + inputs.size());
    }
    shifts = new double[inputs.size()][];
    factors = new double[inputs.size()][];
    offsets = new int[inputs.size()];
    for (int i = 0; i < inputs.size(); i++) {
      Field field = inputs.get(i);
      int channels = field.encoding() instanceof Encoding.Values ? field.channels() : 0;
      if (!scaling.inputs().isEmpty() && scaling.inputs().get(i).channels() != channels) {
        throw new IllegalArgumentException(
            "a scaling of "
                + scaling.inputs().get(i).channels()
                + " channels does not fit input '"
                + field.name()
                + "' of "
                + channels);
      }
      shifts[i] = new double[channels];
      factors[i] = new double[channels];
      for (int c = 0; c < channels; c++) {
        shifts[i][c] = scaling.shift(i, c);
        factors[i][c] = scaling.factor(i, c);
      }
      offsets[i] = layout.offset(i);
    }
  }

  /**
   * Scales the record that begins at {@code base} of a little-endian buffer, which is borrowed
   * until return.
   */
  void scale(ByteBuffer buffer, int base) {
    if (identity) {
      return;
    }
    for (int i = 0; i < shifts.length; i++) {
      Field field = layout.fields().get(i);
      if (field.encoding() instanceof Encoding.Values) {
        scale(buffer, base + offsets[i], field, shifts[i], factors[i]);
      }
    }
  }

  private void scale(ByteBuffer buffer, int base, Field field, double[] shift, double[] factor) {
    ElementKind kind = layout.kind();
    int channelLength = field.arrayLength() / field.channels();
    int used = field.isSequence() ? buffer.getInt(base + field.valueBytes(kind)) : channelLength;
    for (int c = 0; c < shift.length; c++) {
      int at = base + c * channelLength * kind.bytes();
      for (int i = 0; i < used; i++, at += kind.bytes()) {
        kind.write(buffer, at, (kind.read(buffer, at) - shift[c]) * factor[c]);
      }
    }
  }
}
