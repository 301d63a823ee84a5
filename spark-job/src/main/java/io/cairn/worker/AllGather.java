/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A number of each rank, for all ranks: one small all-reduce, in which each fills its own place.
 *
 * <p>Threading: the thread that made the replica.
 */
final class AllGather {

  private final AllReduce allReduce;
  private final BufferLayout layout;

  AllGather(AllReduce allReduce) {
    this.allReduce = allReduce;
    this.layout = BufferLayout.of(new Section(ElementType.INT64, allReduce.worldSize()));
  }

  /**
   * Every rank must call it after the same update.
   *
   * @param update updates done
   * @return by rank, the same everywhere
   */
  List<Long> of(long update, long own) {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
    buffer.putLong(allReduce.rank() * Long.BYTES, own);
    allReduce.sum(update, buffer, layout);
    return IntStream.range(0, allReduce.worldSize())
        .mapToObj(rank -> buffer.getLong(rank * Long.BYTES))
        .toList();
  }
}
