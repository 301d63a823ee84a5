/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Records for tests, written by hand. */
final class Records {
  private Records() {}

  /** One input value, which is the example's number, and one regression output, its negative. */
  static final ExampleLayout NUMBERED =
      new ExampleLayout(
          ElementKind.FLOAT32,
          List.of(Field.vector("x", Field.Role.INPUT, 1), Field.vector("y", Field.Role.OUTPUT, 1)));

  static Iterator<byte[]> numbered(int first, int count) {
    List<byte[]> records = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      records.add(record(NUMBERED).putFloat(i).putFloat(-i).array());
    }
    return records.iterator();
  }

  static ByteBuffer record(ExampleLayout layout) {
    return ByteBuffer.allocate(layout.recordBytes()).order(ExampleLayout.BYTE_ORDER);
  }
}
