/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.nio.ByteBuffer;

/**
 * The group of a single rank. Its own numbers are the sum.
 *
 * <p>It holds nothing. After closing it can no longer be used.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>It cannot fail.
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
