/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The bytes of a flat array in host memory, as several buffers, since a buffer holds at most 2 GiB
 * and an updater's state may be larger.
 *
 * <p>Threading: the replica's thread.
 */
final class FlatMemory {

  private static final long PIECE_BYTES = 1 << 30;

  private FlatMemory() {}

  /** Says that the host's copy is now the newest. */
  static void hostChanged(INDArray array) {
    Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
  }

  /** Adds all bytes of {@code array} to a checksum. */
  static void checksum(INDArray array, CRC32C crc) {
    pieces(array).forEach(crc::update);
  }

  /** Views of the array's own memory; writing to them changes it. */
  static List<ByteBuffer> pieces(INDArray array) {
    HostMemory memory = HostMemory.of(array);
    List<ByteBuffer> pieces = new ArrayList<>();
    for (long start = 0; start < memory.sizeBytes(); start += PIECE_BYTES) {
      pieces.add(memory.part(start, (int) Math.min(memory.sizeBytes() - start, PIECE_BYTES)));
    }
    return pieces;
  }
}
