/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.nio.ByteBuffer;

/**
 * The group of one: its own sum is everybody's.
 *
 * <p>Holds nothing; closing it only ends its use.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Cannot fail.
 */
public final class SoleRank implements AllReduce {

  private boolean closed;

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int worldSize() {
    return 1;
  }

  @Override
  public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
    if (closed) {
      throw new IllegalStateException("the group is closed");
    }
    layout.requireFits(buffer);
    return ReduceTiming.NONE;
  }

  @Override
  public void clearErrorFeedback() {
    // Nothing travels, so nothing is rounded.
  }

  @Override
  public void close() {
    closed = true;
  }
}
