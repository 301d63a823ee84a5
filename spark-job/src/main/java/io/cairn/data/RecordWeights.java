/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Multiplies the weight in an example's record by the weight of its class.
 *
 * <p>Threading: immutable after construction, safe everywhere.
 */
final class RecordWeights {
  private final double[] classWeights;
  private final int weightOffset;
  private final int classOffset;

  /**
   * @param classWeights one for each class; empty: all count alike
   */
  RecordWeights(ExampleLayout layout, List<Double> classWeights) {
    this.classWeights = classWeights.stream().mapToDouble(Double::doubleValue).toArray();
    if (classWeights.isEmpty()) {
      weightOffset = 0;
      classOffset = 0;
      return;
    }
    boolean one =
        layout.isWeighted()
            && layout.outputs().size() == 1
            && layout.outputs().get(0).encoding() instanceof Encoding.ClassIndex index
            && index.classes() == classWeights.size()
            && !layout.outputs().get(0).isSequence();
    if (!one) {
      throw new IllegalArgumentException(
          "weights of " + classWeights.size() + " classes do not fit " + layout.outputs());
    }
    weightOffset = layout.weightOffset();
    classOffset = layout.offset(layout.fields().size() - 1);
  }

  /** The record with its weight: itself where classes count alike, else a copy. */
  byte[] weighted(byte[] record) {
    if (classWeights.length == 0) {
      return record;
    }
    byte[] copy = record.clone();
    ByteBuffer buffer = ByteBuffer.wrap(copy).order(ExampleLayout.BYTE_ORDER);
    double weight = buffer.getDouble(weightOffset) * classWeights[buffer.getInt(classOffset)];
    return buffer.putDouble(weightOffset, weight).array();
  }
}
