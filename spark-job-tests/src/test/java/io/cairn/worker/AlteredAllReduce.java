/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.ReduceTiming;
import java.nio.ByteBuffer;

/** A rank's all-reduce, for tests that change a little of it. */
abstract class AlteredAllReduce implements AllReduce {

  private final AllReduce group;

  AlteredAllReduce(AllReduce group) {
    this.group = group;
  }

  @Override
  public int rank() {
    return group.rank();
  }

  @Override
  public int worldSize() {
    return group.worldSize();
  }

  @Override
  public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
    return group.sum(update, buffer, layout);
  }

  @Override
  public void clearErrorFeedback() {
    group.clearErrorFeedback();
  }

  @Override
  public void close() {
    group.close();
  }
}
