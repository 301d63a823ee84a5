/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.schedules.AlgorithmChoice;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.function.BooleanSupplier;

/**
 * Says who takes part in the ring of one attempt, and how long this rank waits.
 *
 * @param groupId a random number that names the group; every attempt has another one, and ranks of
 *     another group are refused
 * @param rank this rank
 * @param members all ranks, in order, this one included
 * @param connectTimeout until all connections must be there
 * @param progressTimeout longest silence of another rank during a sum
 * @param choice which algorithm a sum takes; the same on all ranks
 * @param cancelled polled several times a second while connecting and summing; true ends the group
 */
public record RingMembership(
    long groupId,
    int rank,
    List<Member> members,
    Duration connectTimeout,
    Duration progressTimeout,
    AlgorithmChoice choice,
    BooleanSupplier cancelled) {

  public RingMembership {
    members = List.copyOf(members);
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).rank() != i) {
        throw new IllegalArgumentException(
            "members must be ranks 0 to "
                + (members.size() - 1)
                + " in order; at place "
                + i
                + " is rank "
                + members.get(i).rank());
      }
    }
    if (rank < 0 || rank >= members.size()) {
      throw new IllegalArgumentException(
          "rank " + rank + " is none of the " + members.size() + " members");
    }
    if (connectTimeout.isNegative() || progressTimeout.isNegative() || progressTimeout.isZero()) {
      throw new IllegalArgumentException(
          "timeouts must be longer than zero: connect "
              + connectTimeout
              + ", progress "
              + progressTimeout);
    }
  }

  /** Whose sums go the way that costs least. */
  public RingMembership(
      long groupId,
      int rank,
      List<Member> members,
      Duration connectTimeout,
      Duration progressTimeout,
      BooleanSupplier cancelled) {
    this(
        groupId,
        rank,
        members,
        connectTimeout,
        progressTimeout,
        AlgorithmChoice.cheapest(),
        cancelled);
  }

  /** How many ranks there are. */
  public int worldSize() {
    return members.size();
  }

  Member self() {
    return members.get(rank);
  }

  /** Where this rank stands in the ring, which is not always its number. */
  int position() {
    return RingOrder.of(members).position(rank);
  }

  /** Whom this rank calls, to send to them; by position. */
  List<Member> targets() {
    return at(AlgorithmChoice.targets(worldSize(), position()));
  }

  /** Who calls this rank, to send to it; by position. */
  List<Member> sources() {
    return at(AlgorithmChoice.sources(worldSize(), position()));
  }

  private List<Member> at(SortedSet<Integer> positions) {
    RingOrder order = RingOrder.of(members);
    return positions.stream().map(position -> members.get(order.rank(position))).toList();
  }
}
