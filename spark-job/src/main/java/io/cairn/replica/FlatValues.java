/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Floating point values of a flat array whose bytes are in several buffers.
 *
 * <p>Threading: one thread. Borrows the buffers and leaves their positions alone.
 */
final class FlatValues {

  private final List<ByteBuffer> pieces;
  private final int bytesPerValue;
  private final long length;

  /**
   * @param bytesPerValue 4 (float32) or 8 (float64), in this machine's byte order
   */
  FlatValues(List<ByteBuffer> pieces, int bytesPerValue) {
    this.pieces =
        pieces.stream().map(piece -> piece.slice().order(ByteOrder.nativeOrder())).toList();
    this.bytesPerValue = bytesPerValue;
    this.length = this.pieces.stream().mapToLong(ByteBuffer::remaining).sum() / bytesPerValue;
  }

  long length() {
    return length;
  }

  double at(long index) {
    long offset = index * bytesPerValue;
    for (ByteBuffer piece : pieces) {
      if (offset < piece.limit()) {
        int at = (int) offset;
        return bytesPerValue == Float.BYTES ? piece.getFloat(at) : piece.getDouble(at);
      }
      offset -= piece.limit();
    }
    throw new IndexOutOfBoundsException("value " + index + " of " + length);
  }
}
