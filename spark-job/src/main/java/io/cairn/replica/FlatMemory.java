/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The bytes of a flat array as the host sees them, in pieces, since a buffer holds at most 2 GiB
 * and an updater's state may be larger.
 *
 * <p>Threading: the replica's thread.
 */
final class FlatMemory {

  private static final long PIECE_BYTES = 1 << 30;

  private FlatMemory() {}

  /** Overwrites all of {@code array} by what remains in {@code from}. */
  static void copyIn(List<ByteBuffer> from, INDArray array) {
    copy(from.stream().map(ByteBuffer::duplicate).toList(), pieces(array));
    Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
  }

  /** Adds all bytes of {@code array} to a checksum. */
  static void checksum(INDArray array, CRC32C crc) {
    pieces(array).forEach(crc::update);
  }

  private static void copy(List<ByteBuffer> from, List<ByteBuffer> to) {
    long given = bytes(from);
    long wanted = bytes(to);
    if (given != wanted) {
      throw new IllegalArgumentException(given + " bytes for a place of " + wanted);
    }
    int next = 0;
    for (ByteBuffer source : from) {
      while (source.hasRemaining()) {
        ByteBuffer target = to.get(next);
        if (!target.hasRemaining()) {
          next++;
          continue;
        }
        int length = Math.min(source.remaining(), target.remaining());
        target.put(target.position(), source, source.position(), length);
        target.position(target.position() + length);
        source.position(source.position() + length);
      }
    }
  }

  private static long bytes(List<ByteBuffer> pieces) {
    return pieces.stream().mapToLong(ByteBuffer::remaining).sum();
  }

  /** Views of the array's own memory; writing to them changes it. */
  static List<ByteBuffer> pieces(INDArray array) {
    Nd4j.getExecutioner().commit();
    Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    BytePointer memory = new BytePointer(array.data().addressPointer());
    long bytes = array.length() * array.dataType().width();
    List<ByteBuffer> pieces = new ArrayList<>();
    for (long start = 0; start < bytes; start += PIECE_BYTES) {
      long end = Math.min(bytes, start + PIECE_BYTES);
      pieces.add(memory.position(start).limit(end).asByteBuffer().order(ByteOrder.nativeOrder()));
    }
    return pieces;
  }
}
