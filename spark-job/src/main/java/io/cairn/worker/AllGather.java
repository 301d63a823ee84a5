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
import java.util.ArrayList;
import java.util.List;

/**
 * Gives every rank the numbers of all ranks. This is a small all-reduce in which each rank fills
 * only its own place.
 *
 * <p>Threading: the thread that made the replica.
 */
final class AllGather {

  private final AllReduce allReduce;

  AllGather(AllReduce allReduce) {
    this.allReduce = allReduce;
  }

  /**
   * Every rank must call it after the same update.
   *
   * @param update updates done
   * @return by rank, the same everywhere
   */
  List<Long> of(long update, long own) {
    return of(update, new long[] {own}).stream().map(numbers -> numbers[0]).toList();
  }

  /**
   * The same with several numbers, as many on every rank.
   *
   * @param update updates done
   * @return by rank, the same everywhere
   */
  List<long[]> of(long update, long[] own) {
    int ranks = allReduce.worldSize();
    BufferLayout layout =
        BufferLayout.of(new Section(ElementType.INT64, Math.multiplyExact(ranks, own.length)));
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
    buffer
        .slice(allReduce.rank() * own.length * Long.BYTES, own.length * Long.BYTES)
        .order(ByteOrder.nativeOrder())
        .asLongBuffer()
        .put(own);
    allReduce.sum(update, buffer, layout);
    List<long[]> all = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      long[] numbers = new long[own.length];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = buffer.getLong((rank * own.length + i) * Long.BYTES);
      }
      all.add(numbers);
    }
    return all;
  }
}
