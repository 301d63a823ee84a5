/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Memory outside the heap that is held without being used. A pass that fits while this memory is
 * held still fits later, when something else needs as much.
 *
 * <p>Whoever has it made closes it, which gives the memory back at once.
 *
 * <p>Threading: the replica's thread.
 */
public final class HeldMemory implements AutoCloseable {

  private final INDArray array;
  private final BytePointer host;

  /**
   * @param type of the values
   * @param values to be held where arrays live, at least 1
   * @param hostBytes to be held on the host
   */
  HeldMemory(DataType type, long values, long hostBytes) {
    array = Nd4j.createUninitialized(type, values).assign(0);
    try {
      host = new BytePointer(hostBytes);
      // Memory that nobody has written to is not there yet.
      Pointer.memset(host, 0, hostBytes);
    } catch (OutOfMemoryError e) {
      array.close();
      throw e;
    }
  }

  @Override
  public void close() {
    host.close();
    array.close();
  }
}
