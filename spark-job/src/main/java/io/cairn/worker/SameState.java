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
 * Holds the ranks' states against each other, between two updates: before the first one of an
 * attempt, so that no rank goes on from something else, and before a state is saved, so that what
 * is saved is every rank's.
 *
 * <p>One small all-reduce, in which each rank fills its own place with a digest.
 *
 * <p>Threading: the thread that made the replica.
 */
final class SameState {

  private final AllReduce allReduce;
  private final BufferLayout layout;

  SameState(AllReduce allReduce) {
    this.allReduce = allReduce;
    this.layout = BufferLayout.of(new Section(ElementType.INT64, allReduce.worldSize()));
  }

  /**
   * Every rank must call it after the same update.
   *
   * @param update updates done
   * @param digest of this rank's whole state
   * @throws ReplicasDivergedException if another rank's differs
   */
  void require(long update, int digest) throws InterruptedException {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
    buffer.putLong(allReduce.rank() * Long.BYTES, Integer.toUnsignedLong(digest));
    allReduce.sum(update, buffer, layout);
    List<Long> digests =
        IntStream.range(0, allReduce.worldSize())
            .mapToObj(rank -> buffer.getLong(rank * Long.BYTES))
            .toList();
    if (digests.stream().distinct().count() > 1) {
      throw new ReplicasDivergedException(update + 1, digests);
    }
  }
}
