/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random records of a layout, the same for the same seed. */
final class Records {

  private Records() {}

  /** Sequences of one record share their length, which differs from record to record. */
  static List<byte[]> random(ExampleLayout layout, int count, long seed) {
    Random random = new Random(seed);
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteBuffer record = ByteBuffer.allocate(layout.recordBytes()).order(ExampleLayout.BYTE_ORDER);
      int draw = random.nextInt(Integer.MAX_VALUE);
      for (Field field : layout.fields()) {
        put(record, field, layout.kind(), random, draw);
      }
      records.add(record.array());
    }
    return records;
  }

  private static void put(
      ByteBuffer record, Field field, ElementKind kind, Random random, int draw) {
    int steps = field.isSequence() ? 1 + draw % field.maxSteps() : 1;
    if (field.encoding() instanceof Encoding.ClassIndex classes) {
      for (int step = 0; step < Math.max(1, field.maxSteps()); step++) {
        record.putInt(step < steps ? random.nextInt(classes.classes()) : 0);
      }
    } else {
      for (int i = 0; i < field.arrayLength(); i++) {
        boolean real = !field.isSequence() || i % field.maxSteps() < steps;
        double value = real ? random.nextGaussian() : 0;
        if (kind == ElementKind.FLOAT32) {
          record.putFloat((float) value);
        } else {
          record.putDouble(value);
        }
      }
    }
    if (field.isSequence()) {
      record.putInt(steps);
    }
  }
}
