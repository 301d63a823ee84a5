/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The bytes of a flat array where the host sees them. They may be more than one buffer can hold,
 * which is less than 2 GiB, so buffers are views of parts.
 *
 * <p>The array owns the memory. Whoever has a view must not outlive the array.
 *
 * <p>Threading: the replica's thread; views may be used by others.
 */
public final class HostMemory {

  /** Never read: as long as this is in use, the array and its memory are not collected. */
  @SuppressWarnings("UnusedVariable")
  private final INDArray owner;

  private final BytePointer memory;
  private final long sizeBytes;

  private HostMemory(INDArray owner, BytePointer memory, long sizeBytes) {
    this.owner = owner;
    this.memory = memory;
    this.sizeBytes = sizeBytes;
  }

  /** The memory of {@code array}, up to date with all that was computed so far. */
  public static HostMemory of(INDArray array) {
    Nd4j.getExecutioner().commit();
    Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    return new HostMemory(
        array,
        new BytePointer(array.data().addressPointer()),
        Math.multiplyExact(array.length(), (long) array.dataType().width()));
  }

  /** Bytes of all of it. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /**
   * A part of it, in native byte order, from position 0; writing to it changes the array's memory.
   *
   * @param startBytes from the array's first byte
   * @param lengthBytes at least 1
   * @throws IndexOutOfBoundsException if the array has no such part
   */
  public ByteBuffer part(long startBytes, int lengthBytes) {
    Objects.checkFromIndexSize(startBytes, lengthBytes, sizeBytes);
    // A pointer of its own: a position in a longer one would become the buffer's, which is an int.
    return memory
        .getPointer(startBytes)
        .limit(lengthBytes)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }
}
