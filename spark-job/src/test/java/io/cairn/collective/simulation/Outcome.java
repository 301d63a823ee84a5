/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.CollectiveException;
import java.util.List;
import java.util.Map;

/**
 * What became of an attempt.
 *
 * @param ranks what became of each rank, by its number
 * @param ranOut whether ranks were still at work when the time was up
 * @param happened what was injected and came to pass, and when
 * @param connections that of each rank to its right neighbour
 * @param calls how often each rank called its link
 * @param overslept how many waits of all ranks ended because time was up
 */
record Outcome(
    List<OfRank> ranks,
    boolean ranOut,
    Map<Injection, Long> happened,
    List<SimulatedConnection> connections,
    List<Integer> calls,
    int overslept) {

  /**
   * What became of a rank.
   *
   * @param completed the last update whose sum it returned, and it was right
   * @param failure why it did not go on, or null
   * @param endedNanos when
   */
  record OfRank(int completed, Throwable failure, long endedNanos) {

    boolean isGone() {
      return failure instanceof Actor.Gone;
    }

    /** The failure of the group that it reported, or null. */
    CollectiveException reported() {
      return failure instanceof CollectiveException reported ? reported : null;
    }
  }

  boolean succeeded() {
    return !ranOut && ranks.stream().allMatch(rank -> rank.failure() == null);
  }
}
