/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import java.util.List;

/**
 * Holds the ranks' states against each other, between two updates: before the first one of an
 * attempt, so that no rank goes on from something else, and before a state is saved, so that what
 * is saved is every rank's.
 *
 * <p>Threading: the thread that made the replica.
 */
final class SameState {

  private final AllGather digests;

  SameState(AllReduce allReduce) {
    this.digests = new AllGather(allReduce);
  }

  /**
   * Every rank must call it after the same update.
   *
   * @param update updates done
   * @param digest of this rank's whole state
   * @throws ReplicasDivergedException if another rank's differs
   */
  void require(long update, int digest) throws InterruptedException {
    List<Long> all = digests.of(update, Integer.toUnsignedLong(digest));
    if (all.stream().distinct().count() > 1) {
      throw new ReplicasDivergedException(update + 1, all);
    }
  }
}
